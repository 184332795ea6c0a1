import { isArn } from '../../../machines/names/arn.ts';
import type { InboundMessage } from '../../../machines/session/model.ts';
import type { Members } from '../../wire/members.ts';
import { InvalidMessage, readAddressed, required } from './addressed.ts';
import { readInterface } from './interface.ts';

/** Reads an `AttachTaskNetworkInterfacesMessage`. */
export const readTaskInterfaces = (body: Members): InboundMessage => ({
  kind: 'attachment',
  attachment: {
    ...readInterfaces(body),
    of: 'taskInterface',
    taskArn: required(body, 'taskArn'),
  },
});

/** Reads an `AttachInstanceNetworkInterfacesMessage`. */
export const readInstanceInterfaces = (body: Members): InboundMessage => ({
  kind: 'attachment',
  attachment: { ...readInterfaces(body), of: 'instanceInterface', taskArn: null },
});

function readInterfaces(body: Members) {
  const addressed = readAddressed(body);
  const waitTimeoutMs = body.whole('waitTimeoutMs') ?? 0;
  if (waitTimeoutMs <= 0) throw new InvalidMessage('it has no waitTimeoutMs');
  const ids = body.objects('elasticNetworkInterfaces').map((found) => {
    if (!found) throw new InvalidMessage('an interface is null');
    return readInterface(found);
  });
  if (ids.length === 0) throw new InvalidMessage('it has no interface');
  return { ...addressed, ids, waitTimeoutMs };
}

/** How long ECS waits for an attachment that names no time. */
const defaultWaitMs = 300_000;

/** What the properties of a volume of Amazon EBS must name, and of the kinds that are ignored. */
const volumeProperties = [
  'volumeId',
  'volumeSizeGib',
  'deviceName',
  'sourceVolumeHostPath',
  'volumeName',
];
const ignoredProperties: Record<string, string[]> = {
  ElasticBlockStorage: ['volumeID', 'deviceName'],
  EphemeralStorage: [
    'volumeID',
    'deviceName',
    'volumeSizeInGiB',
    'requestedSizeInGiB',
    'resourceID',
  ],
};
const fileSystems = ['xfs', 'ext2', 'ext3', 'ext4', 'ntfs'];

/** Reads a `ConfirmAttachmentMessage`. */
export function readAttachment(body: Members): InboundMessage {
  const addressed = readAddressed(body);
  requireArn(addressed.clusterArn, 'clusterArn');
  requireArn(addressed.containerInstanceArn, 'containerInstanceArn');
  const attachment = body.object('attachment');
  if (!attachment) throw new InvalidMessage('it has no attachment');
  requireArn(required(attachment, 'attachmentArn'), 'attachmentArn');
  const waitTimeoutMs = body.whole('waitTimeoutMs') || defaultWaitMs;
  if (waitTimeoutMs < 0) throw new InvalidMessage('its waitTimeoutMs is negative');
  const properties = readProperties(attachment);
  const isVolume = attachment.text('attachmentType') === 'amazonebs';
  const id = isVolume ? readVolume(properties) : readIgnored(properties);
  const common = { ...addressed, taskArn: body.text('taskArn') || null, waitTimeoutMs };
  return {
    kind: 'attachment',
    attachment: { ...common, of: isVolume ? 'volume' : 'ignored', ids: [id] },
  };
}

function requireArn(text: string, name: string): void {
  if (!isArn(text)) throw new InvalidMessage(`its ${name} is not an ARN`);
}

function readProperties(attachment: Members): Map<string, string> {
  const pairs = attachment.entries('attachmentProperties').map((property) => {
    const [name, value] = [property.text('name'), property.text('value')];
    if (!name || !value) throw new InvalidMessage('a property has no name or no value');
    return [name, value] as const;
  });
  return new Map(pairs);
}

function readVolume(properties: Map<string, string>): string {
  requireAll(properties, volumeProperties);
  const fileSystem = properties.get('fileSystem');
  if (fileSystem !== undefined && !fileSystems.includes(fileSystem))
    throw new InvalidMessage('its file system is not known');
  return properties.get('volumeId') ?? '';
}

function readIgnored(properties: Map<string, string>): string {
  const type = properties.get('resourceType') ?? '';
  if (!Object.hasOwn(ignoredProperties, type))
    throw new InvalidMessage('its kind of attachment is not known');
  requireAll(properties, ignoredProperties[type] ?? []);
  return properties.get('volumeID') ?? '';
}

function requireAll(properties: Map<string, string>, names: string[]): void {
  const missing = names.find((name) => !properties.has(name));
  if (missing !== undefined) throw new InvalidMessage(`it has no property ${missing}`);
}
