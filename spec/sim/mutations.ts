/** A change for the worse: a text of a file by another, and what must notice it. */
export interface Mutation {
  what: string;
  file: string;
  from: string;
  to: string;
  /** Specs that notice it; the simulation does where none are named. */
  specs?: string;
}

/** What nobody may change of the agent unnoticed. */
export const mutations: Mutation[] = [
  {
    what: 'payloads are acknowledged before the commit',
    file: 'actors/journal.ts',
    from: "void journal.commit().then(() => sendBack({ type: 'committed', acknowledgements }));",
    to: "void Promise.resolve().then(() => sendBack({ type: 'committed', acknowledgements }));",
  },
  {
    what: 'batches are not synced',
    file: 'persistence/level.ts',
    from: '{ sync: true }',
    to: '{ sync: false }',
    specs: 'spec/persistence/level.spec.ts',
  },
  {
    what: 'events of containers that die are dropped',
    file: 'transport/docker/events.ts',
    from: "  ['die', 'die'],\n",
    to: '',
    specs: 'spec/transport/docker/events.spec.ts',
  },
  {
    what: 'a container that a lost create has made is not adopted',
    file: 'transport/docker/client.ts',
    from: '    if (!hasStatus(error, 409)) throw error;\n',
    to: '    if (error) throw error;\n',
    specs: 'spec/transport/docker/contract.spec.ts',
  },
  {
    what: 'a start is made again by an agent that resumes it',
    file: 'actors/restore.ts',
    from: "if (value.starting === 'calling') return looking(container);",
    to: "if (value.starting === 'calling') return container;",
    specs: 'spec/actors/crash.spec.ts',
  },
  {
    what: 'a failed inspect is taken for a container that has stopped',
    file: 'machines/container/setup.ts',
    from: "isGone: (_, failure: Failure) => failure.code === 'DOCKER_NOT_FOUND',",
    to: "isGone: (_, failure: Failure) => failure.code !== '',",
  },
  {
    what: 'the flag that a process was killed for memory is taken for the end of its container',
    file: 'transport/docker/facts.ts',
    from: "if (state.Running) return 'running';",
    to: "if (state.Running && !state.OOMKilled) return 'running';",
  },
  {
    what: 'a stop is lost while its container is being started',
    file: 'machines/container/machine.ts',
    from: "      on: { 'engine.hint': { actions: keepHint } },\n      states: {\n        calling: {\n          ...waits('the Engine to start it',",
    to: "      on: { 'engine.hint': { actions: keepHint }, 'container.stop': {} },\n      states: {\n        calling: {\n          ...waits('the Engine to start it',",
  },
  {
    what: 'a row of the outbox goes before ECS has accepted it',
    file: 'machines/report/machine.ts',
    from: "{ target: 'backingOff', actions: { type: 'countAttempt', params: failure } },",
    to: "{ target: 'choosing', actions: 'dropHead' },",
  },
  {
    what: 'two reports of a task are told in another order',
    file: 'machines/report/machine.ts',
    from: 'queue: [...context.queue, report],',
    to: 'queue: [report, ...context.queue],',
  },
  {
    what: 'what a task holds of its host is given back twice, at the stop and at the end',
    file: 'machines/task/machine.ts',
    from: "entry: ['followEssential', 'direct'],",
    to: "entry: ['releaseAdmission', 'followEssential', 'direct'],",
  },
  {
    what: 'a plain `after` stands in place of a deadline',
    file: 'machines/task/machine.ts',
    from: `          invoke: {
            id: 'keep',
            src: 'timer',
            input: ({ context }) => ({ deadline: context.knownAt + context.cleanupAfterMs }),
            onDone: 'settling',
          },`,
    to: "          after: { 1000: 'settling' },",
  },
  {
    what: 'the reconciler removes containers that run',
    file: 'actors/watch.ts',
    from: '  for (const { taskArn, name } of running) tellStarted(ports, system, { taskArn, name });',
    to: `  for (const { taskArn, name } of running) {
    const found = ports.plans.knows(taskArn) ? ports.plans.of({ taskArn, name }) : null;
    if (found) void ports.docker.stop(found, 0).then(() => {}, () => {});
  }`,
  },
  {
    what: 'an effect has no onError',
    file: 'machines/task/machine.ts',
    from: "            onError: { target: 'backingOff', actions: 'countAttempt' },\n",
    to: '',
  },
];
