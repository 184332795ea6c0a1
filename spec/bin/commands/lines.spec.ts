import { expect } from 'chai';
import { Lines, type Output } from '../../../bin/commands/lines.ts';
import type { ContainerFigures, PlacedTask } from '../../../machines/plane/model.ts';
import { SimClock } from '../../../transport/sim/clock.ts';
import { taskArn } from '../../support/builders.ts';

const task: PlacedTask = {
  arn: taskArn('a'),
  desired: 'RUNNING',
  status: 'RUNNING',
  reason: '',
  essential: [],
  containers: {},
};
const web: ContainerFigures = { name: 'web', cpuPercent: 1.25, memoryMiB: 34, health: null };
const empty = '\r\x1b[2K';

describe('the figures of a local run', () => {
  let written: string[];
  const linesFor = (figures: Output['figures'], columns = 80) => {
    written = [];
    const write = (text: string) => void written.push(text);
    const out = { write, colours: false, figures, columns: () => columns };
    const lines = new Lines(new SimClock(43_200_000), out);
    lines.introduce(task.arn, 'site');
    return lines;
  };
  const shown = (...containers: ContainerFigures[]) => [{ task, containers }];

  it('stay below all lines on a terminal, and go with the last container', () => {
    const lines = linesFor('kept');
    lines.figures(shown(web, { ...web, name: 'db', health: 'HEALTHY' }));
    const text = 'site/web 1.3 % CPU 34 MiB · site/db 1.3 % CPU 34 MiB healthy';
    lines.say('hello');
    lines.figures(shown());
    lines.say('bye');
    expect(written).to.deep.equal([`${empty}${text}`, `${empty}hello\n${text}`, empty, 'bye\n']);
  });

  it('never wrap, and say where they are simulated', () => {
    const lines = linesFor('kept', 23);
    lines.mark = '[simulated] ';
    lines.figures(shown(web));
    expect(written).to.deep.equal([`${empty}[simulated] site/web 1`]);
  });

  it('are lines of their own where that is asked for, only when they change', () => {
    const lines = linesFor('repeated');
    lines.figures(shown(web));
    lines.figures(shown(web));
    lines.figures(shown({ name: 'web', cpuPercent: null, memoryMiB: 35, health: 'UNKNOWN' }));
    expect(written).to.deep.equal([
      '12:00:00  site/web 1.3 % CPU 34 MiB\n',
      '12:00:00  site/web 35 MiB\n',
    ]);
  });

  it('are not shown elsewhere', () => {
    const lines = linesFor('hidden');
    lines.figures(shown(web));
    lines.say('hello');
    expect(written).to.deep.equal(['hello\n']);
  });
});
