import { type Case, elsewhere, flagOf, of, type Row, refused, unused, wrong } from './rows.ts';

const linux = { on: ['linux' as const] };
const attributes = 'a JSON object of strings, such as {"stack":"prod"}';

const tags: Case[] = [
  ...of('ECS_CONTAINER_INSTANCE_TAGS', 'instanceTags', [
    [undefined, {}],
    ['{}', {}],
    ['{"stack":"prod"}', { stack: 'prod' }],
  ]),
  ...refused(
    'ECS_CONTAINER_INSTANCE_TAGS',
    'instanceTags',
    ['stack=prod', '{"stack":null}', '[]'].map((text) => [
      text,
      `ECS_CONTAINER_INSTANCE_TAGS must be ${attributes}, not ${JSON.stringify(text)}: correct it`,
    ]),
  ),
  ...of('ECS_CONTAINER_INSTANCE_PROPAGATE_TAGS_FROM', 'tagsFromEc2', [
    [undefined, false],
    ['none', false],
    ['ec2_instance', true],
    ...wrong('one of none, ec2_instance', false, ['EC2_INSTANCE', 'true', '1']),
  ]),
];

const proxies: Case[] = (
  [
    ['HTTP_PROXY', 'proxy.http'],
    ['HTTPS_PROXY', 'proxy.https'],
  ] as const
).flatMap(([name, setting]) => [
  ...of(name, setting, [
    [undefined, ''],
    ['proxy.example.com:3128', 'http://proxy.example.com:3128'],
    [' https://proxy.example.com ', 'https://proxy.example.com'],
    ['http://u:hidden@proxy.example.com', 'http://u:hidden@proxy.example.com'],
    ...wrong('an address such as http://proxy.example.com:3128', '', ['no host', 'socks://proxy']),
    [
      'u:hidden@no host',
      '',
      `an address such as http://proxy.example.com:3128, not "(secret)@no host": ${unused}`,
    ],
  ]),
  ...of(name, setting, [[undefined, 'http://lower:1']], {
    more: { [name.toLowerCase()]: 'lower:1' },
  }),
  ...of(name, setting, [['upper:1', 'http://upper:1']], {
    more: { [name.toLowerCase()]: 'lower:1' },
  }),
]);

const family = 'ECS_INSTANCE_IP_COMPATIBILITY';
const osFamily = 'ECS_DETAILED_OS_FAMILY';

const identity: Case[] = [
  ...of('ECS_ALTERNATE_CREDENTIAL_PROFILE', 'alternateProfile', [
    [undefined, 'default'],
    ['agents', 'agents'],
  ]),
  ...of(
    family,
    'ipCompatibility',
    [
      [undefined, null],
      ['ipv4', 'ipv4'],
      [' IPv6 ', 'ipv6'],
      ...wrong('one of ipv4, ipv6', null, ['6', 'both']),
    ],
    linux,
  ),
  ...elsewhere(family, 'ipCompatibility', { text: 'ipv6', is: null, on: 'windows' }),
  ...of(
    osFamily,
    'detailedOsFamily',
    [
      [undefined, 'LINUX'],
      ['amzn_2', 'amzn_2'],
    ],
    linux,
  ),
  ...elsewhere(osFamily, 'detailedOsFamily', { text: 'amzn_2', is: 'LINUX', on: 'windows' }),
  ...of('NO_PROXY', 'proxy.none', [
    [undefined, ''],
    ['169.254.169.254', '169.254.169.254'],
  ]),
  ...of('NO_PROXY', 'proxy.none', [[undefined, 'a.example.com']], {
    more: { no_proxy: 'a.example.com' },
  }),
  ...of('ECS_EXTERNAL', 'identityDocumentDisabled', [[undefined, false]]),
  ...of('ECS_EXTERNAL', 'identityDocumentDisabled', [['true', true]], {
    more: { AWS_DEFAULT_REGION: 'us-west-2' },
  }),
  ...flagOf('ECS_UPDATES_ENABLED', 'updates.enabled'),
  ...of('ECS_UPDATE_DOWNLOAD_DIR', 'updates.directory', [
    [undefined, ''],
    ['/var/cache/ecs', '/var/cache/ecs'],
  ]),
  ...of('ECS_AGENT_CONFIG_FILE_PATH', 'settings.ECS_AGENT_CONFIG_FILE_PATH', [
    [undefined, '/etc/ecs_container_agent/config.json'],
    ['/etc/ecs/ecs.config.json', '/etc/ecs/ecs.config.json'],
  ]),
  ...of('ECS_AGENT_HEALTHCHECK_HOST', 'settings.ECS_AGENT_HEALTHCHECK_HOST', [
    [undefined, 'localhost'],
    ['127.0.0.1', '127.0.0.1'],
  ]),
];

const levels = ['debug', 'info', 'warn', 'error', 'crit', 'none'];
const onInstance = 'ECS_LOGLEVEL_ON_INSTANCE';
const number = 'a number above zero';

const log: Case[] = [
  ...of('ECS_LOGLEVEL', 'log.level', [
    [undefined, 'info'],
    ['Crit', 'crit'],
  ]),
  ...of(onInstance, 'log.onInstanceLevel', [
    [undefined, 'info'],
    ...levels.map((level): Row => [level, level]),
    ['WARN', 'warn'],
    ...wrong(`one of ${levels.join(', ')}`, 'info', ['loud']),
  ]),
  ...of(
    onInstance,
    'log.onInstanceLevel',
    [
      [undefined, 'none'],
      ['debug', 'debug'],
      ...wrong(`one of ${levels.join(', ')}`, 'none', ['loud']),
    ],
    { more: { ECS_LOG_DRIVER: 'awslogs', ECS_LOGLEVEL: 'warn' } },
  ),
  ...of('ECS_LOGLEVEL', 'log.onInstanceLevel', [
    ['CRIT', 'crit'],
    ['none', 'none'],
    ...wrong(`one of ${levels.join(', ')}`, 'info', ['loud']),
  ]),
  ...of('ECS_LOGFILE', 'log.file', [
    [undefined, null],
    ['/log/ecs-agent.log', '/log/ecs-agent.log'],
  ]),
  ...of('ECS_LOG_DRIVER', 'log.driver', [
    [undefined, ''],
    ['json-file', 'json-file'],
  ]),
  ...of('ECS_LOG_ROLLOVER_TYPE', 'log.rollover', [
    [undefined, 'size'],
    ...['size', 'hourly', 'none'].map((word): Row => [word, word]),
    ['daily', 'hourly'],
  ]),
  ...of('ECS_LOG_OUTPUT_FORMAT', 'log.format', [
    [undefined, 'logfmt'],
    ['json', 'json'],
    ...wrong('one of logfmt, json', 'logfmt', ['xml', 'JSON']),
  ]),
  ...of('ECS_LOG_MAX_FILE_SIZE_MB', 'log.maxFileSizeMb', [
    [undefined, 5],
    ['0', 5],
    ['10', 10],
    ['0.5', 0.5],
    ...wrong(number, 5, ['-1', 'much', '5MB', '1e3', 'Infinity', '1.2.3']),
  ]),
  ...of('ECS_LOG_MAX_ROLL_COUNT', 'log.maxRollCount', [
    [undefined, 24],
    ['0', 24],
    ['3', 3],
    ...wrong('a whole number of at most 1000000', 24, ['-1', '1.5', 'all', '1000001']),
  ]),
];

/** The variables of whose the instance is: tags, proxies, updates, and its log. */
export const ownerCases: Case[] = [...tags, ...proxies, ...identity, ...log];
