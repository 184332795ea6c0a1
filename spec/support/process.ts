import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** The built executable; another build of it where `ECS_AGENT_BUNDLE` names one. */
export const bundle =
  process.env.ECS_AGENT_BUNDLE ?? join(import.meta.dirname, '../../dist/ecs-agent.cjs');

/** A run of the built executable; `output` is both its streams, `lines` the same in lines. */
export class AgentProcess {
  readonly child: ChildProcess;
  readonly #exit: Promise<unknown[]>;
  output = '';
  #wake = () => {};

  /** `through` is a command that runs it, for example in a namespace. */
  constructor(words: string[], env: Record<string, string> = {}, through: string[] = []) {
    const [program = '', ...rest] = [...through, process.execPath, bundle, ...words];
    this.child = spawn(program, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: '/nonexistent',
        AWS_EC2_METADATA_DISABLED: 'true',
        ECS_TASK_METADATA_PORT: '0',
        ...env,
      },
    });
    this.#exit = once(this.child, 'close');
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        this.output += chunk;
        this.#wake();
      });
    this.child.on('close', () => this.#wake());
  }

  get lines(): string[] {
    return this.output.split('\n').filter((line) => line !== '');
  }

  /** The first match of what it says, now or later. Throws if it ends without. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.output);
      if (found) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`it ended without ${pattern}:\n${this.output}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async exitCode(): Promise<number | null> {
    await this.#exit;
    return this.child.exitCode;
  }

  async signal(signal: NodeJS.Signals): Promise<number | null> {
    this.child.kill(signal);
    return this.exitCode();
  }
}
