import { EngineRefusal } from '../../docker/calls.ts';
import type { VolumeFacts } from '../../docker/port.ts';

/** The volumes of a simulated Engine. */
export class VolumeStore {
  readonly #volumes = new Map<string, VolumeFacts>();
  /** Why a driver refuses all that is asked of it; null for one that works. */
  readonly #drivers = new Map<string, string | null>([['local', null]]);
  readonly #usersOf: (name: string) => string[];

  /** `usersOf` tells the ids of the containers that mount a volume. */
  constructor(usersOf: (name: string) => string[]) {
    this.#usersOf = usersOf;
  }

  /** From now on there is this driver, and it works. */
  addDriver(driver: string): void {
    this.#drivers.set(driver, null);
  }

  /** The names of all drivers. */
  drivers(): string[] {
    return [...this.#drivers.keys()];
  }

  /** From now on this driver refuses all that is asked of it, with this text. */
  failDriver(driver: string, message: string): void {
    this.#drivers.set(driver, message);
  }

  /** One that exists is taken as it is, if the driver is the same. */
  create({ name, driver: asked, ...more }: VolumeFacts): VolumeFacts {
    const driver = asked || 'local';
    this.#requireDriver('create', name, driver);
    const found = this.#volumes.get(name);
    if (found && found.driver !== driver) {
      const why = `A volume named ${name} already exists with the ${found.driver} driver`;
      throw new EngineRefusal(409, `${why}. Choose a different volume name`);
    }
    const volume = found ?? { name, driver, ...more };
    this.#volumes.set(name, volume);
    return volume;
  }

  /** Makes what a container mounts and nobody has made. */
  ensure(name: string): void {
    if (!this.#volumes.has(name)) this.create({ name, driver: 'local', labels: {}, options: {} });
  }

  inspect(name: string): VolumeFacts {
    const found = this.#volumes.get(name);
    if (!found) throw new EngineRefusal(404, `get ${name}: no such volume`);
    return found;
  }

  list(): VolumeFacts[] {
    return [...this.#volumes.values()];
  }

  remove(name: string): void {
    const { driver } = this.inspect(name);
    const users = this.#usersOf(name);
    if (users.length > 0)
      throw new EngineRefusal(409, `remove ${name}: volume is in use - [${users.join(', ')}]`);
    this.#requireDriver('remove', name, driver);
    this.#volumes.delete(name);
  }

  #requireDriver(what: string, name: string, driver: string): void {
    const message = this.#drivers.get(driver);
    if (message === undefined) {
      const why = `error looking up volume plugin ${driver}: plugin "${driver}" not found`;
      throw new EngineRefusal(404, `${what} ${name}: ${why}`);
    }
    if (message !== null) throw new EngineRefusal(500, `${what} ${name}: ${message}`);
  }
}
