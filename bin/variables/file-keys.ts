import { durationWhere, integer } from '../config/kinds.ts';
import { notYet, plainSwitch, textOf, variable } from './variable.ts';

const ownPause = { idle: 'this agent makes its own pause image' };
const ebs = notYet('support for EBS volumes');
const positive = durationWhere('a duration above zero', (ms) => ms > 0);

/** Settings that only the JSON file and the user data can have; each is named like its key. */
export const fileKeys = {
  NoIID: plainSwitch('Register without the instance identity document.', { file: 'NoIID' }),
  PauseContainerTarballPath: textOf('Where the pause image is.', {
    otherwise: '/images/amazon-ecs-pause.tar',
    file: 'PauseContainerTarballPath',
    ...ownPause,
  }),
  PauseContainerImageName: textOf('Name of the pause image.', {
    otherwise: 'amazon/amazon-ecs-pause',
    file: 'PauseContainerImageName',
    ...ownPause,
  }),
  PauseContainerTag: textOf('Tag of the pause image.', {
    otherwise: '0.1.0',
    file: 'PauseContainerTag',
    ...ownPause,
  }),
  OverrideAWSVPCLocalIPv4Address: textOf('Block of the link between tasks and host.', {
    file: 'OverrideAWSVPCLocalIPv4Address',
    ...notYet('awsvpc networking'),
  }),
  ENIPauseContainerCleanupDelaySeconds: variable({
    kind: integer,
    otherwise: 0,
    file: 'ENIPauseContainerCleanupDelaySeconds',
    meaning: 'Time until the network of a stopped task is removed.',
    ...notYet('awsvpc networking'),
  }),
  RuntimeStatsLogFile: textOf('File for the agent’s own memory and time.', {
    file: 'RuntimeStatsLogFile',
    ...notYet('such statistics'),
  }),
  CSIDriverSocketPath: textOf('Socket of the driver for EBS volumes.', {
    file: 'CSIDriverSocketPath',
    ...ebs,
  }),
  NodeStageTimeout: variable({
    kind: positive,
    otherwise: (platform) => (platform === 'windows' ? 600_000 : 2_000),
    file: 'NodeStageTimeout',
    meaning: 'How long an EBS volume may take to be there.',
    ...ebs,
  }),
  NodeUnstageTimeout: variable({
    kind: positive,
    otherwise: (platform) => (platform === 'windows' ? 600_000 : 30_000),
    file: 'NodeUnstageTimeout',
    meaning: 'How long an EBS volume may take to be gone.',
    ...ebs,
  }),
  IMDSIAMRolesEnabled: plainSwitch('Take the roles of tasks from the instance metadata.', {
    file: 'IMDSIAMRolesEnabled',
    idle: 'the Amazon ECS agent has no use for it either',
  }),
} as const;

/** Variables that are read by others than the agent, or not at all, and what for. */
export const readByOthers: readonly { names: readonly string[]; by: string }[] = [
  {
    by: 'the package that runs the agent in a container',
    names: [
      'ECS_OFFHOST_INTROSPECTION_INTERFACE_NAME',
      'ECS_AGENT_LABELS',
      'ECS_AGENT_APPARMOR_PROFILE',
      'ECS_AGENT_PID_NAMESPACE_HOST',
      'ECS_AGENT_RUN_PRIVILEGED',
      'ECS_INIT_DOCKER_LOG_FILE_SIZE',
      'ECS_INIT_DOCKER_LOG_FILE_NUM',
      'ECS_LOG_OPTS',
      'CREDENTIALS_FETCHER_HOST',
    ],
  },
  {
    by: 'the AWS SDK',
    names: ['AWS_PROFILE', 'AWS_SHARED_CREDENTIALS_FILE', 'AWS_CONFIG_FILE'],
  },
];

/** Switches for tests of the Amazon ECS agent. They are passed over, with a warning. */
export const forTestsOnly: readonly string[] = [
  'ZZZ_SKIP_DOMAIN_JOIN_CHECK_NOT_SUPPORTED_IN_PRODUCTION',
  'ZZZ_SKIP_DOMAIN_LESS_CHECK_NOT_SUPPORTED_IN_PRODUCTION',
  'ZZZ_SKIP_WINDOWS_SERVER_VERSION_CHECK_NOT_SUPPORTED_IN_PRODUCTION',
  'ZZZ_SKIP_CREDENTIALS_FETCHER_INVOCATION_CHECK_NOT_SUPPORTED_IN_PRODUCTION',
  'ZZZ_I_KNOW_SETTING_TEST_VALUES_IN_PRODUCTION_IS_NOT_SUPPORTED',
];
