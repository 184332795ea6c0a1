import type { Settings } from '../../../bin/config/settings.ts';
import type { Platform } from '../../../bin/variables/variables.ts';
import {
  bothPlatforms,
  type Case,
  changesNothing,
  elsewhere,
  flagOf,
  of,
  raised,
  refused,
  wrong,
} from './rows.ts';

type Name = keyof Settings;

const awsvpc = 'this agent has no awsvpc networking yet';
const gmsa = 'this agent has no support for gMSA yet';
const gpus = 'this agent has no support for GPUs yet';

/** A switch that nothing looks at. */
const idleFlag = (name: Name, idle: string, of: { otherwise?: boolean; on?: Platform[] } = {}) =>
  flagOf(name, `settings.${name}`, { ...of, idle });

/** A text that nothing looks at. */
const idleText = (
  name: Name,
  idle: string,
  { otherwise, on = bothPlatforms }: { otherwise: string; on?: Platform[] },
) =>
  of(
    name,
    `settings.${name}`,
    [
      [undefined, otherwise],
      [otherwise || ' ', otherwise],
      ['another', 'another', changesNothing(name, idle)],
    ],
    { on },
  );

const linuxOnly = (name: Name, text: string, is: unknown) =>
  elsewhere(name, `settings.${name}`, { text, is, on: 'windows' });

const rolesOfTasks: Case[] = [
  ...flagOf('ECS_ENABLE_TASK_IAM_ROLE', 'taskRoles.enabled'),
  ...flagOf('ECS_ENABLE_TASK_IAM_ROLE_NETWORK_HOST', 'taskRoles.hostNetwork'),
  ...flagOf('ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE', 'taskRoles.awslogs'),
  ...of(
    'ECS_RESERVED_PORTS',
    'reservedTcpPorts',
    [
      ['[443]', [443, 80]],
      ['[80, 443]', [80, 443]],
    ],
    { on: ['windows'], more: { ECS_ENABLE_TASK_IAM_ROLE: 'true' } },
  ),
  ...of('ECS_RESERVED_PORTS', 'reservedTcpPorts', [['[443]', [443]]], {
    on: ['linux'],
    more: { ECS_ENABLE_TASK_IAM_ROLE: 'true' },
  }),
  ...of('ECS_AUDIT_LOGFILE', 'audit.file', [['/var/log/a.log', '/var/log/a.log']]),
  ...of('ECS_AUDIT_LOGFILE', 'audit.file', [[undefined, '/log/audit.log']], { on: ['linux'] }),
  ...of(
    'ECS_AUDIT_LOGFILE',
    'audit.file',
    [[undefined, 'C:\\ProgramData\\Amazon\\ECS\\log\\audit.log']],
    { on: ['windows'] },
  ),
  ...flagOf('ECS_AUDIT_LOGFILE_DISABLED', 'audit.disabled'),
];

const rates = 'two whole numbers above zero, such as 40,60';
const pair = { steady: 40, burst: 60 };
const wait = 'ECS_POLLING_METRICS_WAIT_DURATION';
const skipFilter = 'ECS_SKIP_LOCALHOST_TRAFFIC_FILTER';
const allowOffHost = 'ECS_ALLOW_OFFHOST_INTROSPECTION_ACCESS';

const told: Case[] = [
  ...of('ECS_TASK_METADATA_PORT', 'taskServer.port', [
    [undefined, 51_679],
    ['0', 0],
    ['8080', 8080],
    ...wrong('a whole number of at most 65535', 51_679, ['65536', '-1', 'x']),
  ]),
  ...of('ECS_TASK_METADATA_RPS_LIMIT', 'taskServer.rates', [
    [undefined, pair],
    ['40,60', pair],
    [' 1 , 2 ', { steady: 1, burst: 2 }],
    ...wrong(rates, pair, ['40', '0,60', '40,0', '40,-1', '40,60,80', 'a,b', '1.5,2']),
  ]),
  ...flagOf('ECS_DISABLE_TASK_METADATA_AZ', 'taskServer.zoneHidden'),
  ...flagOf('ECS_POLL_METRICS', 'polling.enabled'),
  ...of(wait, 'polling.everyMs', [
    [undefined, 10_000],
    ['0', 10_000],
    ['10s', 10_000],
    ['5s', 5_000],
    ['20s', 20_000],
    ...raised(wait, { is: ['4.9s', '-1s'], to: 5_000 }),
    ['21s', 20_000, `${wait} is lowered from "21s" to its greatest value, 20s`],
    ...wrong('a duration with a unit, such as 30s or 1h30m', 10_000, ['10', 'often']),
  ]),
  ...flagOf(skipFilter, 'hostNetwork.localhostFilterSkipped', { on: ['linux'] }),
  ...elsewhere(skipFilter, 'hostNetwork.localhostFilterSkipped', {
    ...{ text: 'true', is: false, on: 'windows' },
  }),
  ...flagOf(allowOffHost, 'hostNetwork.introspectionOffHost', { on: ['linux'] }),
  ...elsewhere(allowOffHost, 'hostNetwork.introspectionOffHost', {
    ...{ text: 'true', is: false, on: 'windows' },
  }),
  ...idleFlag('ECS_ENABLE_RUNTIME_STATS', 'this agent has no such statistics yet'),
  ...idleFlag('ECS_ENABLE_FIRELENS_ASYNC', 'this agent has no FireLens yet', { otherwise: true }),
  ...flagOf('ECS_ENABLE_SPOT_INSTANCE_DRAINING', 'spotDraining'),
  ...flagOf('ECS_WARM_POOLS_CHECK', 'warmPools'),
];

const routes = 'ECS_AWSVPC_ADDITIONAL_LOCAL_ROUTES';
const blocks = 'a JSON list of address blocks, such as ["10.0.0.0/16"]';

const networks: Case[] = [
  ...idleFlag('ECS_ENABLE_TASK_ENI', awsvpc),
  ...idleFlag('ECS_ENABLE_HIGH_DENSITY_ENI', awsvpc, { otherwise: true, on: ['linux'] }),
  ...linuxOnly('ECS_ENABLE_HIGH_DENSITY_ENI', 'true', true),
  ...idleText('ECS_CNI_PLUGINS_PATH', awsvpc, {
    ...{ otherwise: '/amazon-ecs-cni-plugins', on: ['linux'] },
  }),
  ...idleText('ECS_CNI_PLUGINS_PATH', awsvpc, {
    ...{ otherwise: 'C:\\Program Files\\Amazon\\ECS\\cni', on: ['windows'] },
  }),
  ...idleFlag('ECS_AWSVPC_BLOCK_IMDS', awsvpc),
  ...of(routes, `settings.${routes}`, [
    [undefined, []],
    ['[]', []],
    ['["10.0.0.0/8"]', ['10.0.0.0/8'], changesNothing(routes, awsvpc)],
    ['["fd00::/8"]', ['fd00::/8'], changesNothing(routes, awsvpc)],
  ]),
  ...refused(
    routes,
    `settings.${routes}`,
    ['10.0.0.0/8', '["10.0.0.0"]', '["10.0.0.0/33"]', '["::/129"]', '["a/8"]', '[8]'].map(
      (text) => [text, `${routes} must be ${blocks}, not ${JSON.stringify(text)}: correct it`],
    ),
  ),
];

const secretName = 'CREDENTIALS_FETCHER_SECRET_NAME_FOR_DOMAINLESS_GMSA';
const fsx = 'ECS_FSX_WINDOWS_FILE_SERVER_SUPPORTED';

const attached: Case[] = [
  ...idleFlag('ECS_EBSTA_SUPPORTED', 'this agent has no support for EBS volumes yet', {
    otherwise: true,
  }),
  ...idleFlag('ECS_GMSA_SUPPORTED', gmsa, { on: ['linux'] }),
  ...idleFlag('ECS_GMSA_SUPPORTED', gmsa, { otherwise: true, on: ['windows'] }),
  ...idleText('CREDENTIALS_FETCHER_HOST_DIR', gmsa, { otherwise: '', on: ['linux'] }),
  ...linuxOnly('CREDENTIALS_FETCHER_HOST_DIR', '/run/fetcher', ''),
  ...idleText(secretName, gmsa, { otherwise: '', on: ['linux'] }),
  ...linuxOnly(secretName, 'gmsa', ''),
  ...idleFlag('ECS_DOMAIN_JOINED_LINUX_INSTANCE', gmsa, { on: ['linux'] }),
  ...linuxOnly('ECS_DOMAIN_JOINED_LINUX_INSTANCE', 'true', false),
  ...idleFlag(fsx, 'this agent has no support for FSx volumes yet', {
    ...{ otherwise: true, on: ['windows'] },
  }),
  ...elsewhere(fsx, `settings.${fsx}`, { text: 'true', is: true, on: 'linux' }),
  ...of('ProgramData', 'settings.ProgramData', [['D:\\Data', 'D:\\Data']]),
  ...of('ProgramData', 'settings.ProgramData', [[undefined, '']], { on: ['linux'] }),
  ...of('ProgramData', 'settings.ProgramData', [[undefined, 'C:\\ProgramData']], {
    on: ['windows'],
  }),
  ...of('ProgramData', 'audit.file', [['D:\\Data', 'D:\\Data\\Amazon\\ECS\\log\\audit.log']], {
    on: ['windows'],
  }),
  ...of('ProgramFiles', 'settings.ProgramFiles', [['D:\\Files', 'D:\\Files']]),
  ...of('ProgramFiles', 'settings.ProgramFiles', [[undefined, '']], { on: ['linux'] }),
  ...of('ProgramFiles', 'settings.ProgramFiles', [[undefined, 'C:\\Program Files']], {
    on: ['windows'],
  }),
  ...of(
    'ProgramFiles',
    'settings.ECS_CNI_PLUGINS_PATH',
    [['D:\\Files', 'D:\\Files\\Amazon\\ECS\\cni']],
    { on: ['windows'] },
  ),
];

const labels = 'ECS_PAUSE_LABELS';
const served = { on: ['linux'] as Platform[], more: { ECS_ENABLE_PROMETHEUS_METRICS: 'true' } };
const plugins = 'ECS_VOLUME_PLUGIN_CAPABILITIES';

const chips: Case[] = [
  ...flagOf('ECS_SELINUX_CAPABLE', 'selinux'),
  ...flagOf('ECS_APPARMOR_CAPABLE', 'apparmor'),
  ...idleText('ECS_NVIDIA_RUNTIME', gpus, { otherwise: 'nvidia', on: ['linux'] }),
  ...linuxOnly('ECS_NVIDIA_RUNTIME', 'another', 'nvidia'),
  ...idleFlag('ECS_ENABLE_GPU_SUPPORT', gpus, { on: ['linux'] }),
  ...linuxOnly('ECS_ENABLE_GPU_SUPPORT', 'true', false),
  ...idleFlag('ECS_ENABLE_INF_SUPPORT', 'this agent has no support for Inferentia yet'),
  ...flagOf('ECS_ENABLE_PROMETHEUS_METRICS', 'settings.ECS_ENABLE_PROMETHEUS_METRICS', {
    on: ['linux'],
  }),
  ...linuxOnly('ECS_ENABLE_PROMETHEUS_METRICS', 'true', false),
  ...of('ECS_ENABLE_PROMETHEUS_METRICS', 'reservedTcpPorts', [['true', [22, 51_680]]], {
    on: ['linux'],
    more: { ECS_RESERVED_PORTS: '[22]' },
  }),
  ...of(
    'ECS_ENABLE_PROMETHEUS_METRICS',
    'prometheus',
    [
      [undefined, null],
      ['false', null],
      ['true', { address: '127.0.0.1', port: 51_680 }],
    ],
    { on: ['linux'] },
  ),
  ...of(
    'ECS_PROMETHEUS_METRICS_BIND_ADDRESS',
    'prometheus.address',
    [
      [undefined, '127.0.0.1'],
      ['0.0.0.0', '0.0.0.0'],
      ['::1', '::1'],
      ...wrong('an IP address, such as 127.0.0.1', '127.0.0.1', ['localhost', '*']),
    ],
    served,
  ),
  ...linuxOnly('ECS_PROMETHEUS_METRICS_BIND_ADDRESS', '0.0.0.0', '127.0.0.1'),
  ...of(
    'ECS_PROMETHEUS_METRICS_PORT',
    'prometheus.port',
    [
      [undefined, 51_680],
      ['1', 1],
      ['65535', 65_535],
      ...wrong('a whole number from 1 to 65535', 51_680, ['0', '65536', 'off']),
    ],
    served,
  ),
  ...linuxOnly('ECS_PROMETHEUS_METRICS_PORT', '9000', 51_680),
  ...of('ECS_PROMETHEUS_METRICS_PORT', 'reservedTcpPorts', [['9000', [22, 9_000]]], {
    on: ['linux'],
    more: { ...served.more, ECS_RESERVED_PORTS: '[22]' },
  }),
  ...of(plugins, 'volumePluginCapabilities', [
    [undefined, []],
    ['["efsAuth"]', ['efsAuth']],
    ...wrong('a JSON list of strings, such as ["efsAuth"]', [], ['efsAuth', '[1]', '{}']),
  ]),
  ...of(labels, 'settings.ECS_PAUSE_LABELS', [
    [undefined, {}],
    ['{}', {}],
    [
      '{"a":"b"}',
      { a: 'b' },
      changesNothing(labels, 'this agent has no labels of that container yet'),
    ],
    ...wrong('a JSON object of strings, such as {"stack":"prod"}', {}, ['a=b', '{"a":1}']),
  ]),
];

/** The variables of what tasks may be given, much of which is still to come. */
export const featureCases: Case[] = [...rolesOfTasks, ...told, ...networks, ...attached, ...chips];
