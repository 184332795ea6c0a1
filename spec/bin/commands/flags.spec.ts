import { expect } from 'chai';
import { type Flags, readFlags, UsageError } from '../../../bin/commands/flags.ts';
import { withLevels } from '../../../bin/commands/levels.ts';
import { readConfig } from '../../../bin/config/config.ts';

const none: Flags = {
  tell: null,
  insecure: false,
  metadataBlackholed: false,
  windowsService: false,
  logLevel: null,
  logLevelDriver: null,
  logLevelOnInstance: null,
};

describe('the flags of the agent', () => {
  const read: [string, Partial<Flags>, string[]?][] = [
    ['', {}],
    ['-k', { insecure: true }],
    ['--k', { insecure: true }],
    ['-k=false', {}],
    ['-k=0 -k=T', { insecure: true }],
    ['-k -k=false', {}],
    [
      '-blackhole-ec2-metadata -windows-service',
      { metadataBlackholed: true, windowsService: true },
    ],
    ['-loglevel debug', { logLevel: 'debug' }],
    ['--loglevel=debug', { logLevel: 'debug' }],
    ['-loglevel=', { logLevel: '' }],
    ['-loglevel a=b', { logLevel: 'a=b' }],
    [
      '-loglevel-driver warn -loglevel-on-instance none',
      { logLevelDriver: 'warn', logLevelOnInstance: 'none' },
    ],
    ['-k true -loglevel debug', { insecure: true }, ['true', '-loglevel', 'debug']],
    ['-k -- -version', { insecure: true }, ['-version']],
    ['-k - -version', { insecure: true }, ['-', '-version']],
    ['-version', { tell: 'version' }],
    ['-ecs-attributes -healthcheck -version -license', { tell: 'license' }],
    ['-ecs-attributes -healthcheck -version', { tell: 'version' }],
    ['-ecs-attributes -healthcheck', { tell: 'healthcheck' }],
    ['-ecs-attributes', { tell: 'attributes' }],
    ['-license=false -version', { tell: 'version' }],
  ];
  for (const [words, flags, rest = []] of read)
    it(`are read from: ${words || 'nothing'}`, () => {
      const split = words === '' ? [] : words.split(' ');
      expect(readFlags(split)).to.deep.equal({ flags: { ...none, ...flags }, rest });
    });

  const refused: [string, string][] = [
    ['-h', ''],
    ['--help', ''],
    ['-help=false', ''],
    ['-k -h', ''],
    ['-foo', 'there is no flag -foo'],
    ['--foo=bar', 'there is no flag -foo'],
    ['-kv', 'there is no flag -kv'],
    ['---k', 'there is no flag --k'],
    ['-=x', 'there is no flag -=x'],
    ['-constructor', 'there is no flag -constructor'],
    ['-loglevel', 'the flag -loglevel needs a value'],
    ['-k=yes', 'the flag -k must be true or false, not "yes"'],
    ['-k=', 'the flag -k must be true or false, not ""'],
  ];
  for (const [words, message] of refused)
    it(`are refused: ${words}`, () => {
      expect(() => readFlags(words.split(' '))).to.throw(UsageError, message || /^$/);
    });
});

describe('the level of the log', () => {
  const levels = (words: string, environment: Record<string, string>) => {
    const given = withLevels(environment, readFlags(words.split(' ')).flags);
    const { log } = readConfig(given.environment, 'linux').config;
    return { levels: `${log.level} ${log.onInstanceLevel}`, warnings: given.warnings };
  };

  const onInstance = 'ECS_LOGLEVEL_ON_INSTANCE';
  const cases: [string, Record<string, string>, string][] = [
    ['-loglevel=debug', {}, 'debug debug'],
    ['-loglevel=DEBUG', {}, 'debug debug'],
    ['-loglevel=debug', { ECS_LOGLEVEL: 'warn' }, 'warn warn'],
    ['-loglevel=debug', { ECS_LOGLEVEL: ' ' }, 'debug debug'],
    ['-loglevel=debug', { [onInstance]: 'error' }, 'debug error'],
    ['-loglevel=debug', { ECS_LOG_DRIVER: 'awslogs' }, 'debug debug'],
    ['-loglevel=debug', { ECS_LOG_DRIVER: 'awslogs', ECS_LOGLEVEL: 'warn' }, 'warn none'],
    ['-loglevel-driver=debug', {}, 'debug info'],
    ['-loglevel-driver=debug', { ECS_LOGLEVEL: 'warn' }, 'warn warn'],
    ['-loglevel-driver=debug', { ECS_LOG_DRIVER: 'awslogs' }, 'debug none'],
    ['-loglevel-driver=debug', { [onInstance]: 'error' }, 'debug error'],
    ['-loglevel-on-instance=debug', {}, 'info debug'],
    ['-loglevel-on-instance=debug', { ECS_LOGLEVEL: 'warn' }, 'warn debug'],
    ['-loglevel-on-instance=debug', { [onInstance]: 'error' }, 'info error'],
    ['-loglevel=warn -loglevel-driver=debug -loglevel-on-instance=none', {}, 'warn warn'],
    ['-loglevel-driver=error -loglevel-on-instance=none', {}, 'error none'],
  ];
  for (const [words, environment, expected] of cases)
    it(`is ${expected} with ${words} and ${JSON.stringify(environment)}`, () => {
      expect(levels(words, environment)).to.deep.equal({ levels: expected, warnings: [] });
    });

  it('is as without the flag where that names no level, with a warning', () => {
    expect(levels('-loglevel=loud -loglevel-on-instance=error', {})).to.deep.equal({
      levels: 'info error',
      warnings: ['-loglevel must be one of debug, info, warn, error, crit, none, not "loud"'],
    });
  });
});
