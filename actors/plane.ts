import { createActor, fromCallback } from 'xstate';
import { planeMachine } from '../machines/plane/machine.ts';
import type { Delivery, LineCommand } from '../machines/plane/model.ts';
import { type Pulse, timer } from './effect.ts';

/** The control plane's sending end: what it wants on the wire. */
export interface PlaneLine {
  deliver(delivery: Delivery): void;
  heartbeat(messageId: string): void;
}

/** The local control plane's actor. Its servers send it what they hear, as `PlaneEvent`s. */
export function createPlane(pulse: Pulse, line: PlaneLine) {
  const machine = planeMachine.provide({
    actors: {
      line: fromCallback<LineCommand, undefined>(({ receive }) => {
        receive((command) => {
          if (command.type === 'payload.deliver') line.deliver(command.delivery);
          else line.heartbeat(pulse.random.uuid());
        });
      }),
      timer: timer(pulse),
    },
  });
  return createActor(machine, { id: 'plane' });
}
