// What the events of the flight record are in words. An event that is not listed moves the agent only:
// the state that it leads to says enough.
import type { FlightEntry, FlightFacts, FlightValue } from './model.ts';

type Words = (entry: FlightEntry) => string;

const events: Record<string, Words> = {
  'process.begun': () => 'it began',
  'process.ended': ({ told }) => `it ended with ${told.exitCode}`,
  resumed: () => 'it was taken up again as it was saved',
  'ecs.wants': ({ told }) =>
    told.desired === 'STOPPED' ? 'ECS wants it stopped' : `ECS wants it running: ${imagesIn(told)}`,
  'ecs.unreadable': () => 'ECS sent it in a form that cannot be understood',
  'task.stop': () => 'it is to stop',
  'task.admitted': () => 'the host has what it needs',
  'task.hurry': () => 'its remains are to go soon, as the disk is full',
  'report.settled': () => 'ECS knows of its end',
  'container.stop': () => 'it is to stop',
  'container.halt': () => 'it is to stop, whatever it does',
  'container.adopt': () => 'it is taken over as it runs',
  'container.fail': () => 'it can never take its next step',
  'container.hold': ({ told }) => `it has to wait for ${waitsIn(told)}`,
  'container.changed': ({ from, to, told }) => (from === to ? '' : containerIn(told)),
  'container.health': ({ told }) => `container ${told.container} is ${told.health}`,
  'resource.remove': () => 'it is to go',
  'engine.hint': ({ told }) =>
    told.exitCode === null
      ? 'the Engine hinted at a change'
      : `the Engine said that it exited with ${told.exitCode}`,
  'engine.started': () => 'the Engine said that it has started',
  'message.received': ({ told }) => messageIn(told),
  acknowledge: ({ told }) => `ACS was told of ${textOf(told.acknowledges ?? [])} ${told.messageId}`,
  'session.connected': () => 'ACS is connected',
  'session.disconnected': () => 'ACS is not connected any more',
  'connection.closed': ({ told }) =>
    told.clean === true ? 'the connection was closed in good order' : 'the connection broke',
  'stream.ended': () => 'its stream of events ended',
  'agent.stop': () => 'it was asked to stop',
};

/** Effects by their names in the charts: what has come of one that ended well. */
const effects: Record<string, string> = {
  boot: 'the Engine and the host were looked at',
  register: 'the container instance is registered',
  discover: 'ECS named the endpoint',
  resolve: 'its image was settled',
  pull: 'its image was pulled',
  create: 'it was made',
  start: 'the Engine was told to start it',
  restart: 'the Engine was told to start it again',
  stop: 'the Engine was told to stop it',
  halt: 'the Engine was told to stop it',
  sweep: 'its containers were removed',
  remove: 'it was removed',
  submit: 'ECS has accepted that',
  reconcile: 'all its containers were looked at',
  role: 'the credentials of its execution role have come',
  settle: 'the last changes are on disk',
};

/** What happened, in words without its subject; none where the state it led to says enough. */
export function wordsOf(entry: FlightEntry): string[] {
  const { event, actor, told, became } = entry;
  const [how = '', effect = ''] = event.split(/\.(.*)/s);
  const said = Object.hasOwn(events, event)
    ? events[event]?.(entry)
    : how === 'failed'
      ? `${effect} failed (${textOf(told.code ?? '')})`
      : how === 'done'
        ? doneIn(effect, told)
        : '';
  return [
    said ?? '',
    actor.startsWith('outbox/') && typeof told.status === 'string' ? reportIn(told) : '',
    typeof became.reason === 'string' ? `it has failed: ${became.reason}` : '',
    typeof became.restarts === 'number'
      ? `it is started again, for the ${became.restarts}. time`
      : '',
    typeof became.containerInstanceArn === 'string' ? became.containerInstanceArn : '',
  ].filter((words) => words !== '');
}

function doneIn(effect: string, { state, exitCode, outOfMemory, health }: FlightFacts): string {
  if (state === undefined) return effects[effect] ?? '';
  const how = state === 'exited' ? `exited with ${exitCode}` : `is ${state}`;
  const more = [outOfMemory === true ? 'out of memory' : '', health ? textOf(health) : ''];
  return `the Engine shows that it ${[how, ...more.filter((text) => text !== '')].join(', ')}`;
}

const entriesOf = (value: FlightValue | undefined): FlightFacts[] =>
  Array.isArray(value)
    ? value.filter((one): one is FlightFacts => typeof one === 'object' && one !== null)
    : [];

const imagesIn = ({ containers }: FlightFacts): string =>
  entriesOf(containers)
    .map(({ name, image }) => `${textOf(name ?? '')} (${textOf(image ?? '')})`)
    .join(', ');

const waitsIn = ({ on }: FlightFacts): string =>
  entriesOf(on)
    .map(({ container, condition }) => `${textOf(container ?? '')} (${textOf(condition ?? '')})`)
    .join(' and ');

const containerIn = ({ container, status, exitCode }: FlightFacts): string =>
  `container ${container} is ${status}${exitCode === undefined ? '' : `, exit code ${exitCode}`}`;

function messageIn({ kind, tasks, refused, messageId }: FlightFacts): string {
  const from = messageId === undefined ? '' : ` ${messageId}`;
  if (kind !== 'payload') return `ACS sent a message: ${kind}${from}`;
  const unread = refused === 0 ? '' : `, and ${refused} that cannot be understood`;
  return `ACS sent payload${from} with ${tasks} ${tasks === 1 ? 'task' : 'tasks'}${unread}`;
}

function reportIn({ status, reason, containers }: FlightFacts): string {
  const parts = entriesOf(containers).map(({ name, status, exitCode, reason }) =>
    [name, status, exitCode, reason].filter((part) => part !== undefined).join(' '),
  );
  const why = reason === undefined ? '' : ` (${reason})`;
  return `tells ECS: ${status}${why}${parts.length > 0 ? `, ${parts.join(', ')}` : ''}`;
}

/** A value as people read it. */
export function textOf(value: FlightValue): string {
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  const pairs = Object.entries(value);
  return `{${pairs.map(([name, inner]) => `${name} ${textOf(inner)}`).join(', ')}}`;
}
