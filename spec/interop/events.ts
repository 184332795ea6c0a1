import { labels } from '../../transport/docker/translate.ts';

/** One event of the Engine's own stream about a container of the stage. */
export interface Happening {
  action: string;
  taskArn: string;
  name: string;
  runtimeId: string;
  exitCode: number | null;
  /** Nanoseconds since the epoch. */
  at: bigint;
}

/** The Engine's own story. */
export class Events {
  readonly all: Happening[] = [];
  readonly #stream: NodeJS.ReadableStream;
  readonly #waiting = new Set<() => void>();

  constructor(stream: NodeJS.ReadableStream) {
    this.#stream = stream;
    let rest = '';
    stream.on('error', () => {}); // that of an Engine which is killed
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      this.all.push(...lines.filter((line) => line.trim() !== '').map(happeningOf));
      for (const look of [...this.#waiting]) look();
    });
  }

  /** Those of one task's container, or of all its containers. */
  of(taskArn: string, name?: string): Happening[] {
    const isOf = (one: Happening) =>
      one.taskArn === taskArn && (name === undefined || one.name === name);
    return this.all.filter(isOf);
  }

  /** The first that is as it says; resolves when it is there. */
  first(is: (happening: Happening) => boolean): Promise<Happening> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.all.find(is);
        if (!found) return;
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }

  close(): void {
    (this.#stream as NodeJS.ReadableStream & { destroy(): void }).destroy();
  }
}

function happeningOf(line: string): Happening {
  const { Action: action, Actor } = JSON.parse(line);
  const { ID: runtimeId, Attributes } = Actor;
  // A number of this size is not exact once it is parsed.
  const [, nanoseconds = '0'] = /"timeNano":(\d+)/.exec(line) ?? [];
  return {
    action,
    runtimeId,
    taskArn: Attributes[labels.taskArn] ?? '',
    name: Attributes[labels.containerName] ?? '',
    exitCode: Attributes.exitCode === undefined ? null : Number(Attributes.exitCode),
    at: BigInt(nanoseconds),
  };
}
