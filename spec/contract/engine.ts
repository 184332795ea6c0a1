import { expect } from 'chai';
import {
  type ContainerRef,
  DockerError,
  type DockerErrorCode,
  type DockerPort,
  type EngineEvent,
  type EnginePort,
} from '../../transport/docker/port.ts';

/** An Engine, real or simulated, behind its port. */
export interface EngineUnderContract {
  port: EnginePort;
  /** An image that the Engine has, see `commands` in the support folder for what it must run. */
  image: string;
  /** Takes the Docker name of this container with a container of somebody else's. */
  occupy(ref: ContainerRef): Promise<void>;
  /** Removes the containers that the specs left behind, running or not. */
  cleanup(): Promise<void>;
}

/** What a call rejects with; fails if that is no {@link DockerError}. */
export async function rejection(call: Promise<unknown>): Promise<DockerError> {
  const outcome = await call.then(
    () => 'the call succeeded',
    (error: unknown) => error,
  );
  if (!(outcome instanceof DockerError)) throw new Error(`no DockerError: ${String(outcome)}`);
  return outcome;
}

export async function rejects(call: Promise<unknown>, code: DockerErrorCode): Promise<void> {
  expect((await rejection(call)).code).to.equal(code);
}

/** Follows the events of one task; `until` answers the first of that action, past or to come. */
export async function follow(port: DockerPort, taskArn: string, since: number | null = null) {
  const seen: EngineEvent[] = [];
  let told = (): void => {};
  const ending = new AbortController();
  let ended: Promise<unknown> = Promise.resolve();
  await new Promise<void>((opened, failed) => {
    const event = (happened: EngineEvent) => {
      if (happened.taskArn !== taskArn) return;
      seen.push(happened);
      told();
    };
    ended = port.watch({ since, opened, event }, ending.signal).catch((error: unknown) => {
      failed(error);
      return error;
    });
  });
  const until = async (action: EngineEvent['action']): Promise<EngineEvent> => {
    for (;;) {
      const found = seen.find((event) => event.action === action);
      if (found) return found;
      await new Promise<void>((resolve) => {
        told = resolve;
      });
    }
  };
  const end = async () => {
    ending.abort();
    return await ended;
  };
  return { seen, until, end };
}
