import type { AgentApi } from '../tmds/server.ts';
import { FaultDoor } from './faults.ts';
import type { FaultPort } from './port.ts';
import { answerProtection, type ProtectionOptions } from './protection.ts';

/** What the agent does for tasks that ask it. */
export interface AgentApiOptions extends ProtectionOptions {
  faults: FaultPort;
}

/** The part of the task metadata server by which a task acts on itself. */
export function agentApi(options: AgentApiOptions): AgentApi {
  const door = new FaultDoor(options);
  return {
    protection: (question, endpointId) => answerProtection(options, question, endpointId),
    fault: (question, asked) => door.answer(question, asked),
  };
}
