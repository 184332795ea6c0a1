import { expect } from 'chai';
import { arrowBreaches } from './arrows.ts';
import { listed, productSources } from './source.ts';

const breaches = (path: string, text: string): string => listed(arrowBreaches({ path, text }));

describe('import arrows', () => {
  it('point where the design lets them in every product file', () => {
    expect(listed(productSources().flatMap(arrowBreaches))).to.equal('');
  });

  const forbidden: [string, string][] = [
    ['machines/task/decide.ts', "import { readFileSync } from 'node:fs';"],
    ['machines/task/decide.ts', "import type { Clock } from '../../transport/host/port.ts';"],
    ['machines/task/decide.ts', "export * from '../../bin/config/read.ts';"],
    ['actors/task.ts', "import { Ports } from '../transport/host/ports.ts';"],
    ['actors/task.ts', "import { portOf } from '../transport/docker/port.ts';"],
    [
      'actors/task.ts',
      "import { type DockerPort, DockerError, labels } from '../transport/docker/port.ts';",
    ],
    ['actors/task.ts', "import type { LevelStore } from '../persistence/level.ts';"],
    ['actors/task.ts', "import { join } from 'node:path';"],
    ['transport/acs/codec.ts', "import { exitCodes } from '../../machines/agent/model.ts';"],
    ['transport/acs/codec.ts', "import type { TaskEvent } from '../../machines/task/events.ts';"],
    ['transport/acs/codec.ts', "import '../../actors/agent.ts';"],
    ['transport/acs/codec.ts', "const late = await import('../../bin/config/read.ts');"],
    ['transport/acs/codec.ts', 'const late = await import(name);'],
    ['persistence/level.ts', "import { delayOf } from '../machines/names/backoff.ts';"],
    ['persistence/level.ts', "import winston from 'winston';"],
    ['bin/ecs-agent.ts', "export { builders } from '../spec/support/builders.ts';"],
  ];
  for (const [path, text] of forbidden)
    it(`refuse in ${path}: ${text}`, () => {
      expect(breaches(path, `// why\n\n${text}\n`)).to.match(new RegExp(`^${path}:3: `));
    });

  const allowed: [string, string][] = [
    [
      'machines/task/machine.ts',
      "import { setup } from 'xstate';\nimport * as decide from './decide.ts';",
    ],
    [
      'actors/task.ts',
      "import { DockerError, type DockerPort } from '../transport/docker/port.ts';",
    ],
    ['actors/task.ts', "import type { Store } from '../persistence/store.ts';"],
    ['transport/acs/codec.ts', "import type { TaskPlan } from '../../machines/task/model.ts';"],
    ['transport/acs/codec.ts', "import { taskIdOf } from '../../machines/names/arn.ts';"],
    ['transport/acs/codec.ts', "import Docker from 'dockerode';\nimport http from 'node:http';"],
    ['persistence/level.ts', "import { ClassicLevel } from 'classic-level';"],
    ['bin/ecs-agent.ts', "import { agentMachine } from '../machines/agent/machine.ts';"],
    ['machines/task/decide.ts', "// import 'node:fs'\nexport const from = `import 'node:fs'`;"],
    ['machines/task/decide.ts', "export { kept };\nexport type { Kept };\nconst text = 'node:fs';"],
  ];
  for (const [path, text] of allowed)
    it(`let pass in ${path}: ${text.split('\n').join(' ')}`, () => {
      expect(breaches(path, text)).to.equal('');
    });
});
