import { createActor, fromCallback } from 'xstate';
import { planeMachine } from '../machines/plane/machine.ts';
import type { Delivery, LineCommand, WishList } from '../machines/plane/model.ts';
import { type Pulse, timer } from './effect.ts';

/** The control plane's sending end: what it wants on the wire. */
export interface PlaneLine {
  deliver(delivery: Delivery): void;
  manifest(list: WishList): void;
  /** These tasks are to stop, of those that the agent asked about in answer to a manifest. */
  verified(messageId: string, taskArns: string[]): void;
  heartbeat(messageId: string): void;
}

/** The local control plane's actor. Its servers send it what they hear, as `PlaneEvent`s. */
export function createPlane(pulse: Pulse, line: PlaneLine) {
  const machine = planeMachine.provide({
    actors: {
      line: fromCallback<LineCommand, undefined>(({ receive }) => {
        receive((command) => {
          switch (command.type) {
            case 'payload.deliver':
              return line.deliver(command.delivery);
            case 'manifest.deliver':
              return line.manifest(command.list);
            case 'verification.deliver':
              return line.verified(command.messageId, command.taskArns);
            case 'heartbeat.send':
              return line.heartbeat(pulse.random.uuid());
          }
        });
      }),
      timer: timer(pulse),
    },
  });
  return createActor(machine, { id: 'plane' });
}
