import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { variablesText, withVariables } from '../../../bin/packaging/variables.ts';
import {
  fileKeys,
  forTestsOnly,
  readByOthers,
  variables,
} from '../../../bin/variables/variables.ts';

const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8');

describe('the table of settings in the README', () => {
  it('is the table of the code: npm run variables', () => {
    expect(withVariables(readme)).to.equal(readme);
  });

  it('has a row for every variable and every key, of as many cells as its head', () => {
    const rows = variablesText()
      .split('\n')
      .filter((line) => line.startsWith('|'));
    const settings = Object.keys({ ...variables, ...fileKeys });
    expect(rows).to.have.length(2 + settings.length);
    for (const [at, name] of settings.entries()) expect(rows[at + 2]).to.include(`\`${name}\``);
    expect(rows.map((row) => row.split('|').length)).to.deep.equal(rows.map(() => 8));
  });

  it('is followed by what others read', () => {
    const others = [...readByOthers.flatMap(({ names }) => names), ...forTestsOnly];
    for (const name of others) expect(variablesText()).to.include(`\`${name}\``);
  });

  const rowOf = (name: string) =>
    variablesText()
      .split('\n')
      .find((line) => line.includes(`\`${name}\` |`));

  it('tells defaults and bounds of both systems, and what was otherwise', () => {
    expect(rowOf('ECS_CONTAINER_START_TIMEOUT')).to.equal(
      '| `ECS_CONTAINER_START_TIMEOUT` | a duration | `3m`, on Windows `8m` |  | ' +
        '`ContainerStartTimeout` | How long the Engine may take to start a container. ' +
        'Raised to at least 45s, on Windows 2m. |',
    );
    expect(rowOf('ECS_CGROUP_CPU_PERIOD')).to.include('`CgroupCPUPeriod`, without effect');
    expect(rowOf('ECS_CGROUP_CPU_PERIOD')).to.include('Only on Linux.');
    expect(rowOf('ECS_DISABLE_METRICS')).to.include('| ● |').and.include('In v1.14: true on Win');
    expect(rowOf('ECS_INTROSPECTION_PORT')).to.include('Of this agent alone.');
    expect(rowOf('ECS_ENABLE_TASK_ENI')).to.include('*No effect: this agent has no awsvpc');
    expect(rowOf('HTTP_PROXY')).to.include('Also `http_proxy`.');
    expect(rowOf('ECS_POLLING_METRICS_WAIT_DURATION')).to.include('Lowered to at most 20s.');
  });

  it('goes nowhere but between its comments', () => {
    expect(() => withVariables('no comments')).to.throw('README.md must have the comments');
  });
});
