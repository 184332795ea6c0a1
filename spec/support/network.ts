import type { Links } from '../../machines/fault/model.ts';
import type { NetworkPort, Ran } from '../../transport/network/port.ts';

const done = (output = ''): Ran => ({ code: 0, output, said: '' });
const refused = (said: string): Ran => ({ code: 1, output: '', said });

/** Chains of a firewall and disciplines of links, changed by the commands that change those of a host. */
export class SimNetwork implements NetworkPort {
  /** Every command, in order. */
  readonly ran: string[] = [];
  /** By tool and chain: its rules. */
  readonly chains = new Map<string, string[]>();
  /** By link, as they were made. */
  readonly disciplines = new Map<string, Discipline[]>();
  way: Links | null = { names: ['eth0'], ipv6Only: false };
  /** What becomes of a command in place of what it does. */
  mishap: (line: string) => Ran | 'hangs' | null = () => null;
  /** Told of each command before it is done. */
  before = (_line: string): void => {};

  links(): Promise<Links | null> {
    return Promise.resolve(this.way);
  }

  run(argv: readonly string[], signal: AbortSignal): Promise<Ran> {
    const line = argv.join(' ');
    this.ran.push(line);
    this.before(line);
    const mishap = this.mishap(line);
    if (mishap === 'hangs')
      return new Promise((_, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason), { once: true }),
      );
    const [tool = '', ...words] = argv;
    return Promise.resolve(mishap ?? (tool === 'tc' ? this.#tc(words) : this.#tables(tool, words)));
  }

  /** What faults have left of themselves. */
  get left(): string[] {
    const rules = [...this.chains].map(([chain, all]) => `${chain}: ${all.join(', ')}`);
    const own = [...this.disciplines].map(
      ([link, all]) => `${link}: ${all.map(({ handle }) => handle).join(', ')}`,
    );
    return [...rules, ...own].filter((line) => !line.endsWith(': '));
  }

  /** The commands that change something. */
  get changes(): string[] {
    return this.ran.filter((line) => !/ -[CS] | -j q show /.test(line));
  }

  #tables(tool: string, [, , action = '', chain = '', ...rule]: string[]): Ran {
    const name = `${tool} ${chain}`;
    const isParent = chain === 'INPUT' || chain === 'OUTPUT';
    if (isParent && !this.chains.has(name)) this.chains.set(name, []);
    const rules = this.chains.get(name);
    if (action === '-N') return this.#makeChain(name, rules);
    if (!rules) return refused('No chain by that name.');
    const text = rule.join(' ');
    switch (action) {
      case '-F':
        rules.splice(0);
        return done();
      case '-C':
        return rules.some((one) => one.includes('DROP')) ? done() : refused('Bad rule.');
      case '-D':
        if (!rules.includes(text)) return refused('Bad rule.');
        rules.splice(rules.indexOf(text), 1);
        return done();
      case '-X':
        return this.#removeChain(name, rules);
      case '-S':
        return done();
      default:
        rules.push(text);
        return done();
    }
  }

  #makeChain(name: string, known: string[] | undefined): Ran {
    if (known) return refused('Chain already exists.');
    this.chains.set(name, []);
    return done();
  }

  /** As long as others lead to it, it stays. */
  #removeChain(name: string, rules: string[]): Ran {
    const [tool, chain] = name.split(' ');
    const isUsed = ['INPUT', 'OUTPUT'].some((parent) =>
      this.chains.get(`${tool} ${parent}`)?.includes(`-j ${chain}`),
    );
    if (rules.length > 0 || isUsed) return refused('Device or resource busy.');
    this.chains.delete(name);
    return done();
  }

  #tc(words: string[]): Ran {
    const link = words[words.indexOf('dev') + 1] ?? '';
    const own = this.disciplines.get(link) ?? [];
    const after = (word: string) => words[words.indexOf(word) + 1] ?? '';
    const parent = words.includes('parent') ? after('parent') : 'root';
    if (words[0] === '-j') {
      const isAll = !words.includes('parent');
      return done(JSON.stringify(own.filter((one) => isAll || one.parent === parent)));
    }
    if (words[0] === 'filter') return done();
    const handle = after('handle');
    const known = own.findIndex((one) => one.handle === handle);
    if (words[1] === 'del') {
      if (known === -1) return refused('Cannot find it.');
      // What is below goes with it.
      this.disciplines.set(link, own.slice(0, known));
      return done();
    }
    if (known !== -1) return refused('File exists.');
    const kind = words[words.indexOf('handle') + 2] ?? '';
    const options = words.includes('loss') ? { 'loss-random': {} } : {};
    const root = parent === 'root';
    this.disciplines.set(link, [...own, { handle, kind, parent, root, options }]);
    return done();
  }
}

interface Discipline {
  handle: string;
  kind: string;
  parent: string;
  root: boolean;
  options: object;
}
