import { expect } from 'chai';
import { type Panel, panelsSvg } from '../../../bin/packaging/panels.ts';

describe('the picture of the dashboard', () => {
  const drawn = (panel: Partial<Panel>): string => {
    const place = { x: 0, y: 1, w: 8, h: 8 };
    const panels = [{ title: 'Calls', unit: 'short', place, series: [], ...panel }];
    return panelsSvg({ panels, headings: [{ title: 'Docker', y: 0 }] }, { title: 'x', seconds: 4 });
  };
  const linesIn = (svg: string): string[] =>
    [...svg.matchAll(/<path d="([^"]*)" fill="none"/g)].map(([, path = '']) => path);
  const textsIn = (svg: string): string[] =>
    [...svg.matchAll(/<text [^>]*>([^<]*)</g)].map(([, text = '']) => text);

  it('breaks a line where nothing is known', () => {
    const series = [{ name: 'a', values: [1, 2, null, 3, 3] }];
    const [line = ''] = linesIn(drawn({ series }));
    expect(line.match(/M/g)).to.have.length(2);
    expect(line.match(/L/g)).to.have.length(2);
  });

  const units: [string, number, string][] = [
    ['short', 30, '30'],
    ['cps', 1_500, '1.5 k/s'],
    ['s', 0.3, '300 ms'],
    ['s', 6, '6 s'],
    ['bytes', 90_000_000, '90 MB'],
    ['Bps', 15_000, '15 kB/s'],
    ['percentunit', 0.06, '6 %'],
  ];
  for (const [unit, value, words] of units)
    it(`writes ${value} of the unit ${unit} as ${words}`, () => {
      const series = [{ name: 'a', values: [value] }];
      expect(textsIn(drawn({ unit, series }))).to.include(words);
    });

  it('counts the lines whose names have no room', () => {
    const series = Array.from({ length: 12 }, (_, at) => ({
      name: `a-long-name-${at}`,
      values: [at],
    }));
    const svg = drawn({ series });
    const texts = textsIn(svg);
    const left = Number(texts.find((text) => text.startsWith('+'))?.slice(1));
    expect(texts.filter((text) => text.startsWith('a-long'))).to.have.length(12 - left);
    expect(linesIn(svg)).to.have.length(12);
  });

  it('has words that cannot break it, and stands without any line', () => {
    expect(drawn({ title: '<b> & x' }))
      .to.include('&lt;b> &amp; x')
      .and.not.to.include('NaN');
  });
});
