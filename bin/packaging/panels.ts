/** One line of a panel: a value, or nothing, for each moment. */
export interface Series {
  name: string;
  values: (number | null)[];
}

/** One panel of a dashboard, as it is drawn. */
export interface Panel {
  title: string;
  unit: string;
  /** In columns of 24, and in rows. */
  place: { x: number; y: number; w: number; h: number };
  series: Series[];
}

/** A line of text between panels. */
export interface Heading {
  title: string;
  y: number;
}

const fonts = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif";
const colours = [
  ...['#2f6fb0', '#c9711f', '#2c8a4b', '#b03a48', '#7a54a8', '#6b5a4e', '#c2599a', '#5f6b76'],
  ...['#9a9a1e', '#1d97a5'],
];
const column = 42;
const line = 28;
const plot = { left: 52, right: 10, top: 30, bottom: 62 };
const ticks = 3;
const mostNames = 9;

/** Draws panels as one SVG text; their lines have a value a second. */
export function panelsSvg(
  { panels, headings }: { panels: Panel[]; headings: Heading[] },
  { title, seconds }: { title: string; seconds: number },
): string {
  const rows = Math.max(...panels.map(({ place }) => place.y + place.h));
  const [width, height] = [24 * column + 16, rows * line + 16];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${fonts}">`,
    `<title>${safe(title)}</title>`,
    '<rect width="100%" height="100%" rx="10" fill="#f4f5f7"/>',
    ...headings.map(({ title: words, y }) =>
      text(words, { x: 14, y: y * line + 27, size: 13, more: 'font-weight="600" fill="#1c2430"' }),
    ),
    ...panels.flatMap((panel) => panelShapes(panel, seconds)),
    '</svg>\n',
  ].join('\n');
}

function panelShapes(panel: Panel, seconds: number): string[] {
  const { title, place, series, unit } = panel;
  const [x, y] = [place.x * column + 12, place.y * line + 12];
  const [width, height] = [place.w * column - 8, place.h * line - 8];
  const [right, bottom] = [width - plot.right, height - plot.bottom];
  const top = ceiling(Math.max(0, ...series.flatMap(({ values }) => values.map((v) => v ?? 0))));
  const at = (index: number, value: number) => ({
    x: plot.left + (index / Math.max(1, seconds)) * (right - plot.left),
    y: bottom - (value / top) * (bottom - plot.top),
  });
  const grid = Array.from({ length: ticks + 1 }, (_, step) => (top * step) / ticks);
  return [
    `<g transform="translate(${x} ${y})">`,
    `<rect width="${width}" height="${height}" rx="6" fill="#ffffff" stroke="#d5dae0"/>`,
    text(title, { x: 10, y: 19, size: 12, more: 'font-weight="600" fill="#1c2430"' }),
    ...grid.flatMap((value) => {
      const height = round(at(0, value).y);
      return [
        `<path d="M${plot.left} ${height}H${right}" stroke="#e5e8ec"/>`,
        text(valueText(value, unit), { x: plot.left - 6, y: height + 3.5, size: 10, more: end }),
      ];
    }),
    text('0 s', { x: plot.left, y: bottom + 14, size: 10, more: 'fill="#5f6b76"' }),
    text(`${seconds} s`, { x: right, y: bottom + 14, size: 10, more: end }),
    ...series.map(({ values }, index) => path(values, at, colourOf(index))).reverse(),
    ...legend(series, { y: bottom + 31, width }),
    '</g>',
  ];
}

const end = 'text-anchor="end" fill="#5f6b76"';

function path(
  values: (number | null)[],
  at: (index: number, value: number) => { x: number; y: number },
  colour: string,
): string {
  const parts = values.map((value, index) => {
    if (value === null) return '';
    const point = at(index, value);
    const isFirst = (values[index - 1] ?? null) === null;
    return `${isFirst ? 'M' : 'L'}${round(point.x)} ${round(point.y)}`;
  });
  return `<path d="${parts.join('')}" fill="none" stroke="${colour}" stroke-width="1.6" stroke-linejoin="round"/>`;
}

/** The names of the lines in at most two rows; what has no room there is counted. */
function legend(series: Series[], { y, width }: { y: number; width: number }): string[] {
  const shapes: string[] = [];
  let [x, row, shown] = [10, 0, 0];
  for (const { name } of series.slice(0, mostNames)) {
    const needed = 16 + name.length * 5.9 + 8;
    if (x + needed > width - 34 && x > 10) [x, row] = [10, row + 1];
    if (row > 1) break;
    const top = y + row * 17;
    shapes.push(
      `<rect x="${round(x)}" y="${top - 7}" width="10" height="4" rx="2" fill="${colourOf(shown)}"/>`,
      text(name, { x: round(x + 14), y: top - 2, size: 10, more: 'fill="#22303f"' }),
    );
    x += needed;
    shown += 1;
  }
  const left = series.length - shown;
  if (left > 0) shapes.push(text(`+${left}`, { x: width - 8, y: y + 15, size: 10, more: end }));
  return shapes;
}

const colourOf = (index: number): string => colours[index % colours.length] ?? '#475260';

/** The next number that can be divided well. */
function ceiling(value: number): number {
  if (value <= 0) return ticks;
  const power = 10 ** Math.floor(Math.log10(value));
  return power * ([1.2, 1.5, 3, 6, 9, 12].find((step) => step * power >= value) ?? 12);
}

const prefixes: [number, string][] = [
  [1e9, 'G'],
  [1e6, 'M'],
  [1e3, 'k'],
];

/** A value with its unit, as Grafana would write it. */
function valueText(value: number, unit: string): string {
  if (unit === 'percentunit') return `${short(value * 100)} %`;
  if (unit === 's') return value < 1 ? `${short(value * 1_000)} ms` : `${short(value)} s`;
  const [by, prefix] = prefixes.find(([least]) => value >= least) ?? [1, ''];
  return `${short(value / by)} ${prefix}${units[unit] ?? ''}`.trim();
}

const units: Record<string, string> = { cps: '/s', bytes: 'B', Bps: 'B/s' };

const short = (value: number): string => String(Number(value.toPrecision(3)));

const text = (
  words: string,
  { x, y, size, more }: { x: number; y: number; size: number; more: string },
): string => `<text x="${x}" y="${round(y)}" font-size="${size}" ${more}>${safe(words)}</text>`;

const round = (number: number): number => Math.round(number * 10) / 10;

const safe = (words: string): string => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
