import { expect } from 'chai';
import type { InboundTelemetry } from '../../../machines/telemetry/model.ts';
import { decodeFrame, signedFrame, splitFrame } from '../../../transport/tcs/codec.ts';
import { TcsError } from '../../../transport/tcs/port.ts';
import { decodeRequest } from '../../../transport/tcs/published.ts';
import { requestsOf } from '../../../transport/tcs/requests.ts';
import { MalformedError } from '../../../transport/wire/members.ts';
import { usage } from './figures.ts';

describe('a frame of the agent', () => {
  const headers = {
    'x-amz-date': '20260629T120000Z',
    host: 'ecs-t-1.us-west-2.amazonaws.com',
    authorization: 'AWS4-HMAC-SHA256 Credential=AKIA',
    'x-amz-security-token': 'IQoJ',
  };

  it('begins with the signed headers in alphabetical order', () => {
    expect(signedFrame('{"type":"x"}', headers)).to.equal(
      'Authorization: AWS4-HMAC-SHA256 Credential=AKIA\r\n' +
        'Host: ecs-t-1.us-west-2.amazonaws.com\r\n' +
        'X-Amz-Date: 20260629T120000Z\r\n' +
        'X-Amz-Security-Token: IQoJ\r\n' +
        '\r\n' +
        '{"type":"x"}',
    );
  });

  it('has no token where the keys have none', () => {
    const { 'x-amz-security-token': _, ...lasting } = headers;
    expect(signedFrame('{}', lasting)).to.match(/\r\nX-Amz-Date: 20260629T120000Z\r\n\r\n\{\}$/);
  });

  it('is taken apart again', () => {
    const request = '{"type":"x","message":{"text":"\\r\\n\\r\\n"}}';
    expect(splitFrame(signedFrame(request, headers))).to.deep.equal({ headers, request });
  });

  for (const text of ['{"type":"PublishMetricsRequest","message":{}}', '\r\n\r\n{}', ''])
    it(`is not taken without a signature: ${JSON.stringify(text)}`, () => {
      expect(() => splitFrame(text)).to.throw(MalformedError, 'frame is not signed');
    });
});

describe('a frame of TCS', () => {
  const frames: [string, InboundTelemetry][] = [
    ['{"type":"AckPublishMetric","message":{}}', { kind: 'alive', type: 'AckPublishMetric' }],
    [
      '{"type":"AckPublishHealth","message":{"message":"..."}}',
      { kind: 'alive', type: 'AckPublishHealth' },
    ],
    [
      '{"type":"AckPublishInstanceStatus","message":{"message":7}}',
      { kind: 'alive', type: 'AckPublishInstanceStatus' },
    ],
    [
      '{"type":"HeartbeatMessage","message":{"healthy":true}}',
      { kind: 'alive', type: 'HeartbeatMessage' },
    ],
    ['{"type":"HeartbeatMessage"}', { kind: 'alive', type: 'HeartbeatMessage' }],
    [
      '{"type":"StopTelemetrySessionMessage","message":{"message":"..."}}',
      { kind: 'other', type: 'StopTelemetrySessionMessage' },
    ],
    ...['ServerException', 'BadRequestException', 'ResourceValidationException'].map(
      (type): [string, InboundTelemetry] => [
        JSON.stringify({ type, message: { message: 'internal error' } }),
        { kind: 'error', type, remark: 'internal error' },
      ],
    ),
    [
      '{"type":"InvalidParameterException","message":{}}',
      { kind: 'error', type: 'InvalidParameterException', remark: '' },
    ],
    [
      '{"InvalidParameterException":"text"}',
      { kind: 'error', type: 'InvalidParameterException', remark: 'text' },
    ],
  ];
  for (const [text, message] of frames)
    it(`${text} is understood`, () => {
      expect(decodeFrame(text)).to.deep.equal(message);
    });

  const bad: [string, string][] = [
    ['hello', 'TCS_MALFORMED_FRAME'],
    ['[]', 'TCS_MALFORMED_FRAME'],
    ['{"type":7}', 'TCS_MALFORMED_FRAME'],
    ['{"type":"PayloadMessage","message":{}}', 'TCS_UNKNOWN_MESSAGE'],
    ['{"AckPublishMetric":"text"}', 'TCS_UNKNOWN_MESSAGE'],
    ['{"ServerException":"text","more":1}', 'TCS_UNKNOWN_MESSAGE'],
    ['{}', 'TCS_UNKNOWN_MESSAGE'],
  ];
  for (const [text, code] of bad)
    it(`${text} is dropped with ${code}`, () => {
      expect(() => decodeFrame(text))
        .to.throw(TcsError)
        .with.property('code', code);
    });
});

describe('a request as the control plane hears it', () => {
  const heard = (publication: Parameters<typeof requestsOf>[0]) =>
    requestsOf(publication, { cluster: 'c', containerInstanceArn: 'i', at: 0 }).map(decodeRequest);

  it('tells what containers use, and is acknowledged', () => {
    const web = usage();
    const bare = { cpu: null, memory: null, storage: null, network: null, restarts: null };
    const tasks = [web, usage({ arn: 'b', containers: [{ name: 'bare', sets: bare }] })];
    expect(heard({ kind: 'usage', messageId: 'm', idle: false, tasks })).to.deep.equal([
      {
        type: 'PublishMetricsRequest',
        acknowledgement: 'AckPublishMetric',
        published: {
          kind: 'usage',
          tasks: [
            {
              taskArn: web.arn,
              containers: [{ name: 'web', cpuPercent: 30.000001907348633, memoryMiB: 80 }],
            },
            { taskArn: 'b', containers: [{ name: 'bare', cpuPercent: null, memoryMiB: null }] },
          ],
        },
      },
    ]);
  });

  it('tells what health checks say, and is acknowledged', () => {
    const statuses = ['HEALTHY', 'UNHEALTHY', 'UNKNOWN'] as const;
    const containers = statuses.map((status) => ({ name: status, status, since: 0 }));
    const tasks = [{ arn: 'a', family: 'f', version: '1', containers }];
    expect(heard({ kind: 'health', messageId: 'm', tasks })).to.deep.equal([
      {
        type: 'PublishHealthRequest',
        acknowledgement: 'AckPublishHealth',
        published: {
          kind: 'health',
          tasks: [
            {
              taskArn: 'a',
              containers: statuses.map((status) => ({ name: status, health: status })),
            },
          ],
        },
      },
    ]);
  });

  it('tells the status of the instance, and is acknowledged', () => {
    const status = { type: 'ContainerRuntime', status: 'OK', changedAt: 0, updatedAt: 0 } as const;
    expect(heard({ kind: 'status', messageId: 'm', statuses: [status] })).to.deep.equal([
      {
        type: 'PublishInstanceStatusRequest',
        acknowledgement: 'AckPublishInstanceStatus',
        published: { kind: 'status', statuses: { ContainerRuntime: 'OK' } },
      },
    ]);
  });

  for (const text of ['', '{"type":"PublishMetricsRequest"}', '{"type":"Other","message":{}}'])
    it(`is refused where it is none: ${text}`, () => {
      expect(() => decodeRequest(text)).to.throw(MalformedError);
    });
});
