import { knownLogDrivers } from '../../../bin/variables/capacity.ts';
import {
  bothPlatforms,
  type Case,
  flagOf,
  of,
  type Row,
  refused,
  type Setting,
  unused,
  wrong,
} from './rows.ts';

const id = { AWS_ACCESS_KEY_ID: 'id' };
const secret = { AWS_SECRET_ACCESS_KEY: 'secret' };
const idAndSecret = { accessKeyId: 'id', secretAccessKey: 'secret' };

const identity: Case[] = [
  ...of('ECS_CLUSTER', 'cluster', [
    [undefined, 'default'],
    ['prod', 'prod'],
    [' prod\n', 'prod'],
    ['arn:aws:ecs:us-west-2:1:cluster/prod', 'arn:aws:ecs:us-west-2:1:cluster/prod'],
  ]),
  ...of('ECS_CLUSTER', 'clusterIsDefault', [
    [undefined, true],
    ['prod', false],
    ['default', false],
  ]),
  ...of('AWS_DEFAULT_REGION', 'region', [
    [undefined, ''],
    [' us-west-2 ', 'us-west-2'],
  ]),
  ...of('ECS_BACKEND_HOST', 'backendHost', [
    [undefined, null],
    ['ecs.example.com', 'https://ecs.example.com'],
    ['localhost:8080', 'https://localhost:8080'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['https://ecs.example.com/', 'https://ecs.example.com/'],
  ]),
  ...refused('ECS_BACKEND_HOST', 'backendHost', [
    ['no host', 'ECS_BACKEND_HOST must be an address such as https://ecs.example.com, not'],
    ['ftp://example.com', 'not "ftp://example.com"'],
  ]),
  ...of('AWS_ACCESS_KEY_ID', 'keys', [[undefined, null]], { more: secret }),
  ...of('AWS_ACCESS_KEY_ID', 'keys', [['id', idAndSecret]], { more: secret }),
  ...of('AWS_SECRET_ACCESS_KEY', 'keys', [[undefined, null]], { more: id }),
  ...of('AWS_SECRET_ACCESS_KEY', 'keys', [['secret', idAndSecret]], { more: id }),
  ...of('AWS_SESSION_TOKEN', 'keys', [['token', null]]),
  ...of(
    'AWS_SESSION_TOKEN',
    'keys',
    [
      [undefined, idAndSecret],
      ['token', { ...idAndSecret, sessionToken: 'token' }],
    ],
    { more: { ...id, ...secret } },
  ),
  ...flagOf('AWS_EC2_METADATA_DISABLED', 'metadataDisabled'),
  ...of('AWS_EC2_METADATA_SERVICE_ENDPOINT', 'metadataEndpoint', [
    [undefined, 'http://169.254.169.254'],
    [' http://127.0.0.1:8080/ ', 'http://127.0.0.1:8080'],
    ['http://[fd00:ec2::254]', 'http://[fd00:ec2::254]'],
  ]),
  ...refused('AWS_EC2_METADATA_SERVICE_ENDPOINT', 'metadataEndpoint', [
    [
      'ftp://here',
      'AWS_EC2_METADATA_SERVICE_ENDPOINT must be an address such as http://169.254.169.254',
    ],
  ]),
  ...of('AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE', 'metadataEndpoint', [
    [undefined, 'http://169.254.169.254'],
    ['IPv4', 'http://169.254.169.254'],
    ['IPv6', 'http://[fd00:ec2::254]'],
    ...wrong('one of ipv4, ipv6', 'http://169.254.169.254', ['both']),
  ]),
  ...of(
    'AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE',
    'metadataEndpoint',
    [['IPv6', 'http://127.0.0.1:8080']],
    { more: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:8080' } },
  ),
  ...flagOf('ECS_ENABLE_SPOT_INSTANCE_DRAINING', 'spotDraining'),
  ...flagOf('ECS_WARM_POOLS_CHECK', 'warmPools'),
  ...flagOf('ECS_EXTERNAL', 'external', { more: { AWS_DEFAULT_REGION: 'us-west-2' } }),
  ...refused('ECS_EXTERNAL', 'external', [
    ['true', 'ECS_EXTERNAL is true, so AWS_DEFAULT_REGION must name the region'],
  ]),
  ...of('ECS_INSTANCE_ATTRIBUTES', 'instanceAttributes', [
    [undefined, {}],
    ['{}', {}],
    ['{"stack":"prod","owner":""}', { stack: 'prod', owner: '' }],
  ]),
  ...refused(
    'ECS_INSTANCE_ATTRIBUTES',
    'instanceAttributes',
    ['{"stack":', 'stack=prod', '{"stack":1}', '["stack"]', '"stack"', '3', 'null'].map((text) => [
      text,
      'ECS_INSTANCE_ATTRIBUTES must be a JSON object of strings, such as {"stack":"prod"}, not ' +
        `${JSON.stringify(text)}: correct it or unset it`,
    ]),
  ),
];

const dockerHosts: Case[] = [
  ...of('DOCKER_HOST', 'dockerHost', [[undefined, 'unix:///var/run/docker.sock']], {
    on: ['linux'],
  }),
  ...of('DOCKER_HOST', 'dockerHost', [[undefined, 'npipe:////./pipe/docker_engine']], {
    on: ['windows'],
  }),
  ...of(
    'DOCKER_HOST',
    'dockerHost',
    ['unix:///run/d.sock', 'npipe:////./pipe/d', 'tcp://10.0.0.1:2375', 'http://d:2375'].map(
      (text): Row => [text, text],
    ),
  ),
  ...refused(
    'DOCKER_HOST',
    'dockerHost',
    ['/var/run/docker.sock', 'unix://', 'ssh://host', 'tcp://host:port'].map((text) => [
      text,
      `DOCKER_HOST must be an address such as unix:///var/run/docker.sock or tcp://10.0.0.1:2375, not "${text}"`,
    ]),
  ),
];

const stateAndLog: Case[] = [
  ...of(
    'ECS_DATADIR',
    'dataDirectory',
    [
      [undefined, '/data/'],
      ['/var/lib/agent', '/var/lib/agent'],
    ],
    { on: ['linux'], more: { ProgramData: 'D:\\Data' } },
  ),
  ...of(
    'ECS_DATADIR',
    'dataDirectory',
    [
      [undefined, 'D:\\Data\\Amazon\\ECS\\data'],
      ['E:\\agent', 'E:\\agent'],
    ],
    { on: ['windows'], more: { ProgramData: 'D:\\Data' } },
  ),
  ...of('ECS_DATADIR', 'dataDirectory', [[undefined, 'C:\\ProgramData\\Amazon\\ECS\\data']], {
    on: ['windows'],
  }),
  ...of('ECS_DATADIR', 'checkpoint', [
    [undefined, false],
    ['', false],
    ['/data', true],
  ]),
  ...of(
    'ECS_HOST_DATA_DIR',
    'hostDataDirectory',
    [
      [undefined, '/var/lib/ecs/data/'],
      ['/srv', '/srv/data/'],
    ],
    { on: ['linux'] },
  ),
  ...of(
    'ECS_HOST_DATA_DIR',
    'hostDataDirectory',
    [
      [undefined, '/var/lib/ecs/data'],
      ['/srv/', '/srv/data'],
    ],
    { on: ['linux'], more: { ECS_DATADIR: '/data' } },
  ),
  ...of(
    'ECS_HOST_DATA_DIR',
    'hostDataDirectory',
    [
      [undefined, '/var/lib/ecs/data'],
      ['/var/lib/ecs', '/var/lib/ecs/data'],
      ['/var/lib/ecs/data/', '/var/lib/ecs/data'],
      ['/var/lib/ec', '/var/lib/ec/var/lib/ecs/data'],
    ],
    { on: ['linux'], more: { ECS_DATADIR: '/var/lib/ecs/data' } },
  ),
  ...of(
    'ECS_HOST_DATA_DIR',
    'hostDataDirectory',
    [
      [undefined, 'E:\\agent'],
      ['F:\\host', 'F:\\host'],
    ],
    { on: ['windows'], more: { ECS_DATADIR: 'E:\\agent' } },
  ),
  ...flagOf('ECS_CHECKPOINT', 'checkpoint'),
  ...of(
    'ECS_CHECKPOINT',
    'checkpoint',
    [
      [undefined, true],
      ['true', true],
      ['false', false],
      ['maybe', true, `true or false, not "maybe": ${unused}`],
    ],
    { more: { ECS_DATADIR: '/data' } },
  ),
];

const portsOf = (name: string, setting: Setting, none: number[], on = bothPlatforms): Case[] =>
  of(
    name,
    setting,
    [
      [undefined, none],
      ['[]', none],
      ['[0]', [0]],
      ['[22, 65535]', [22, 65_535]],
      ['[22] # ssh', [22]],
      ...['[65536]', '[-1]', '[1.5]', '["22"]', '22', '22,80', '[22', '{}', 'null'].map(
        (text): Row => [
          text,
          none,
          `a JSON list of port numbers, such as [22,80], not ${JSON.stringify(text)}: ${unused}`,
        ],
      ),
    ],
    { on },
  );

const windowsPorts = [2375, 2376, 51678, 51679, 3389, 135, 445, 5985, 5986, 53, 139];

const memoryRows: Row[] = [
  [undefined, 0],
  ['0', 0],
  ['1', 1],
  ['65535', 65_535],
  ...['65536', '-1', '1.5', '1e3', ' 32', '0x10', '32MiB'].map(
    (text): Row => [text, 0, `a whole number of at most 65535, not "${text}": ${unused}`],
  ),
];

const driverRows = (none: string[]): Row[] => [
  [undefined, none],
  ['[]', none],
  ['["awslogs"]', ['awslogs']],
  [JSON.stringify(knownLogDrivers), [...knownLogDrivers]],
  ...['awslogs', '["awslogs"', '[1]', '{}'].map(
    (text): Row => [
      text,
      none,
      `a JSON list of strings, such as ["json-file"], not ${JSON.stringify(text)}: ${unused}`,
    ],
  ),
];

const capacity: Case[] = [
  ...portsOf('ECS_RESERVED_PORTS', 'reservedTcpPorts', [22, 2375, 2376, 51678, 51679], ['linux']),
  ...portsOf('ECS_RESERVED_PORTS', 'reservedTcpPorts', windowsPorts, ['windows']),
  ...portsOf('ECS_RESERVED_PORTS_UDP', 'reservedUdpPorts', []),
  ...of('ECS_RESERVED_MEMORY', 'reservedMemoryMiB', memoryRows),
  ...of('ECS_AVAILABLE_LOGGING_DRIVERS', 'loggingDrivers', driverRows(['json-file', 'none']), {
    on: ['linux'],
  }),
  ...of(
    'ECS_AVAILABLE_LOGGING_DRIVERS',
    'loggingDrivers',
    driverRows(['json-file', 'none', 'awslogs']),
    { on: ['windows'] },
  ),
  ...refused('ECS_AVAILABLE_LOGGING_DRIVERS', 'loggingDrivers', [
    [
      '["json-file","smoke"]',
      `ECS_AVAILABLE_LOGGING_DRIVERS must be a JSON list of ${knownLogDrivers.join(', ')}, not`,
    ],
  ]),
  ...flagOf('ECS_DISABLE_METRICS', 'metricsDisabled'),
  ...flagOf('ECS_DISABLE_PRIVILEGED', 'privilegedDisabled'),
];

const introspection: Case[] = [
  ...of('ECS_INTROSPECTION_BIND_ADDRESS', 'introspection.address', [
    [undefined, '127.0.0.1'],
    ['0.0.0.0', '0.0.0.0'],
    [' ::1 ', '::1'],
    ...wrong('an IP address, such as 127.0.0.1', '127.0.0.1', ['localhost', '127.0.0.1:80', '*']),
  ]),
  ...of('ECS_INTROSPECTION_PORT', 'introspection.port', [
    [undefined, 51_678],
    ['0', 0],
    ['-0', 0],
    ['65535', 65_535],
    ...wrong('a whole number of at most 65535', 51_678, ['65536', '-1', 'off']),
  ]),
];

/** The variables of the container instance. */
export const instanceCases: Case[] = [
  ...identity,
  ...dockerHosts,
  ...stateAndLog,
  ...introspection,
  ...capacity,
];
