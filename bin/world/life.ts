import type { AcsListener } from '../../transport/acs/port.ts';

type Method = (...given: unknown[]) => Promise<unknown>;

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
    const methods = methodsOf(port).map(([name, method]) => [
      name,
      (...given: unknown[]) =>
        new Promise((resolve, reject) => {
          if (!this.alive) return;
          method.apply(port, given).then(
            (answer) => this.alive && resolve(answer),
            (error: unknown) => this.alive && reject(error),
          );
        }),
    ]);
    return Object.fromEntries(methods) as Port;
  }
}

/** A port is an object of functions, or of a class. */
function methodsOf(port: object): [string, Method][] {
  const shared: object = Object.getPrototypeOf(port);
  const names = shared === Object.prototype ? [] : Object.getOwnPropertyNames(shared);
  const inherited = names
    .filter((name) => name !== 'constructor')
    .map((name): [string, Method] => [name, Reflect.get(shared, name)]);
  return [...inherited, ...Object.entries(port)];
}
