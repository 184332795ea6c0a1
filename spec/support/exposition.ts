/** A sample of a metric. */
export interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|$)/y;

/** Reads the text format of Prometheus; throws where a line is not of it, or of no known type. */
export function samplesOf(text: string): Sample[] {
  const types = new Map<string, string>();
  return text.split('\n').flatMap((row) => {
    if (row === '' || row.startsWith('# HELP ')) return [];
    const [, typed = '', type = ''] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(row) ?? [];
    if (typed) {
      types.set(typed, type);
      return [];
    }
    const [, name = '', labels = '', value = ''] = line.exec(row) ?? [];
    const base = name.replace(/_(bucket|sum|count)$/, '');
    if (!types.has(name) && types.get(base) !== 'histogram') throw new Error(`not told: ${row}`);
    if (Number.isNaN(Number(value)) && value !== '+Inf') throw new Error(`no number: ${row}`);
    return [{ name, labels: labelsOf(labels), value: Number(value) }];
  });
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  while (label.lastIndex < text.length) {
    const found = label.exec(text);
    if (!found) throw new Error(`no labels: ${text}`);
    labels[found[1] ?? ''] = found[2] ?? '';
  }
  return labels;
}

/** The sum of the samples of this name that have at least these labels. */
export const sumOf = (samples: Sample[], name: string, labels: Record<string, string> = {}) =>
  samples
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([key, is]) => sample.labels[key] === is))
    .reduce((sum, { value }) => sum + value, 0);
