import type { AcsListener } from '../../transport/acs/port.ts';

/** The life of one process: its ports answer nothing any more once it has ended. */
export class Life {
  alive = true;

  /** A listener that hears nothing any more once the process has ended. */
  hearing(listener: AcsListener): AcsListener {
    return {
      opened: () => this.alive && listener.opened(),
      message: (message, roles) => this.alive && listener.message(message, roles),
      malformed: (error) => this.alive && listener.malformed(error),
      closed: (end) => this.alive && listener.closed(end),
    };
  }

  /** The same port, whose answers come only while the process lives. */
  bound<Port extends object>(port: Port): Port {
    const methods = Object.entries(port).map(([name, method]) => [
      name,
      (...given: unknown[]) =>
        new Promise((resolve, reject) => {
          if (!this.alive) return;
          (method as (...given: unknown[]) => Promise<unknown>)(...given).then(
            (answer) => this.alive && resolve(answer),
            (error: unknown) => this.alive && reject(error),
          );
        }),
    ]);
    return Object.fromEntries(methods) as Port;
  }
}
