import { expect } from 'chai';
import { auditLine } from '../../../transport/audit/line.ts';
import type { AuditEntry } from '../../../transport/audit/port.ts';

const taskArn = 'arn:aws:ecs:us-west-2:1:task/prod/0a';
const instance = 'arn:aws:ecs:us-west-2:1:container-instance/prod/9f';
const keeper = { cluster: 'prod', containerInstanceArn: instance };
const at = Date.UTC(2026, 5, 1, 12, 0, 0, 999);

const entry = (more: Partial<AuditEntry> = {}): AuditEntry => ({
  status: 200,
  remote: { address: '172.17.0.5', port: 44_312 },
  path: '/v2/credentials',
  userAgent: 'Boto3/1.34',
  taskArn,
  event: 'GetCredentials',
  ...more,
});
const lineOf = (more: Partial<AuditEntry> = {}) => auditLine(entry(more), keeper, at);

describe('a line of the audit log', () => {
  const lines: [what: string, more: Partial<AuditEntry>, line: string][] = [
    [
      'keys of the task’s own role',
      {},
      `2026-06-01T12:00:00Z 200 172.17.0.5:44312 "/v2/credentials" "Boto3/1.34" ${taskArn} GetCredentials 2 prod ${instance}`,
    ],
    [
      'keys of its execution role',
      { event: 'GetCredentialsExecutionRole' },
      `2026-06-01T12:00:00Z 200 172.17.0.5:44312 "/v2/credentials" "Boto3/1.34" ${taskArn} GetCredentialsExecutionRole 2 prod ${instance}`,
    ],
    [
      'an id that nobody knows',
      { status: 400, taskArn: null, path: '/v1/credentials' },
      `2026-06-01T12:00:00Z 400 172.17.0.5:44312 "/v1/credentials" "Boto3/1.34" - GetCredentials 2 prod ${instance}`,
    ],
    [
      'keys that have not arrived, asked for without a user agent',
      { status: 503, taskArn: null, userAgent: '' },
      `2026-06-01T12:00:00Z 503 172.17.0.5:44312 "/v2/credentials" "" - GetCredentials 2 prod ${instance}`,
    ],
    [
      'a throttled question about something else',
      { status: 429, taskArn: null, event: null, path: '/v4/stats', userAgent: 'curl/8' },
      `2026-06-01T12:00:00Z 429 172.17.0.5:44312 "/v4/stats" "curl/8" - - 2 prod ${instance}`,
    ],
  ];
  for (const [what, more, line] of lines)
    it(`has ten fields for ${what}`, () => {
      expect(lineOf(more)).to.equal(line);
    });

  it('has a dash for each thing that is not known', () => {
    const nobody = { cluster: '', containerInstanceArn: null };
    const remote = { address: '', port: 0 };
    expect(auditLine(entry({ remote, taskArn: null, event: null }), nobody, at)).to.equal(
      '2026-06-01T12:00:00Z 200 - "/v2/credentials" "Boto3/1.34" - - 2 - -',
    );
  });

  it('puts an IPv6 address in brackets', () => {
    expect(lineOf({ remote: { address: '::1', port: 80 } })).to.contain(' [::1]:80 ');
  });

  const forged: [text: string, written: string][] = [
    ['two words "quoted"', 'two words \\"quoted\\"'],
    ['back\\slash\\"', 'back\\\\slash\\\\\\"'],
    ['x" - GetCredentials 2\n2026', 'x\\" - GetCredentials 2\\x0a2026'],
    ['\r\n\t\0', '\\x0d\\x0a\\x09\\x00'],
    ['\u007f\u0085', '\\x7f\\x85'],
    ['\u2028', '\\xe2\\x80\\xa8'],
    ['ünïcode 😀', 'ünïcode 😀'],
  ];
  for (const [text, written] of forged)
    it(`writes ${JSON.stringify(text)} so that no line can be forged`, () => {
      expect(lineOf({ userAgent: text })).to.contain(` "${written}" `);
      expect(lineOf({ path: text })).to.contain(` "${written}" `);
    });
});
