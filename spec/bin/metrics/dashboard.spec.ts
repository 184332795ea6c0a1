import { expect } from 'chai';
import * as prometheus from 'prom-client';
import dashboard from '../../../bin/metrics/dashboard.json' with { type: 'json' };
import { instrumentsOf } from '../../../bin/metrics/instruments.ts';

/** Words of the query language. */
const words = new Set(['sum', 'by', 'rate', 'histogram_quantile']);

/** Every series that the agent can tell of, and its labels; Prometheus adds the instance. */
function known(): Map<string, string[]> {
  const { registry } = instrumentsOf(prometheus);
  const metrics = registry.getMetricsAsArray() as unknown as {
    name: string;
    labelNames: string[];
    buckets?: number[];
  }[];
  const series = metrics.flatMap(({ name, labelNames, buckets }): [string, string[]][] =>
    buckets === undefined
      ? [[name, labelNames]]
      : [
          [`${name}_bucket`, [...labelNames, 'le']],
          [`${name}_sum`, labelNames],
          [`${name}_count`, labelNames],
        ],
  );
  return new Map(series.map(([name, labels]) => [name, [...labels, 'instance']]));
}

/** The metrics and the labels that a query names. */
function namesIn(expr: string): { metrics: string[]; labels: string[] } {
  const selectors = [...expr.matchAll(/\{([^}]*)\}/g)].map(([, inner = '']) => inner);
  const groups = [...expr.matchAll(/ by \(([^)]*)\)/g)].map(([, inner = '']) => inner);
  const rest = expr.replace(/\{[^}]*\}|\[[^\]]*\]| by \([^)]*\)/g, ' ');
  return {
    metrics: [...rest.matchAll(/[a-z_]+/g)]
      .map(([name]) => name)
      .filter((name) => !words.has(name)),
    labels: [
      ...selectors.flatMap((inner) =>
        [...inner.matchAll(/(\w+)(?:=~|!=|=)"/g)].map(([, name]) => name),
      ),
      ...groups.flatMap((inner) => inner.split(',').map((name) => name.trim())),
    ].filter((name) => name !== undefined),
  };
}

const depthOf = (text: string, open: string, close: string): number =>
  text.split(open).length - text.split(close).length;

describe('the dashboard', () => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');
  const queries = panels.flatMap(({ title, targets = [] }) =>
    targets.map((target) => ({ title, ...target })),
  );
  const series = known();

  for (const { title, expr, legendFormat, datasource } of queries)
    it(`asks in ${title} for what there is: ${expr}`, () => {
      const { metrics, labels } = namesIn(expr);
      expect(metrics).to.have.length(1);
      const has = series.get(metrics[0] ?? '');
      expect(has, metrics[0]).to.be.an('array');
      expect(has).to.include.members(labels);
      expect(labels).to.include('instance');
      const named = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name);
      expect(has).to.include.members(named);
      for (const [open = '', close = ''] of ['()', '{}', '[]'])
        expect(depthOf(expr, open, close)).to.equal(0);
      expect(/_(total|bucket|sum)\{/.test(expr)).to.equal(expr.includes('rate('));
      expect(datasource.uid).to.match(/^\$\{datasource\}$/);
    });

  it('lets its reader choose the data source and the agents', () => {
    const [source, instance] = dashboard.templating.list;
    expect(source).to.include({ name: 'datasource', type: 'datasource', query: 'prometheus' });
    const [, metric = ''] =
      /label_values\((\w+), instance\)/.exec(String(instance?.definition)) ?? [];
    expect(series.has(metric)).to.equal(true);
  });

  it('has rows of panels that do not overlap, each with a unit and a legend', () => {
    const rows = dashboard.panels.filter(({ type }) => type === 'row');
    expect(rows.map(({ title }) => title)).to.deep.equal([
      'Tasks and actors',
      'Docker',
      'ECS and sessions',
      'Persistence',
      'Process',
    ]);
    const taken = new Set<string>();
    for (const { gridPos, id } of dashboard.panels) {
      expect(id).to.be.above(0);
      expect(gridPos.x + gridPos.w).to.be.at.most(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x} ${y}`)).to.equal(false);
          taken.add(`${x} ${y}`);
        }
    }
    for (const { fieldConfig, options } of panels) {
      expect(fieldConfig?.defaults.unit).to.be.oneOf([
        'short',
        'cps',
        's',
        'Bps',
        'bytes',
        'percentunit',
      ]);
      expect(options?.legend.showLegend).to.equal(true);
    }
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).to.equal(dashboard.panels.length);
  });
});
