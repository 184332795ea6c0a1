/** The release of the Amazon ECS agent whose protocols this agent speaks; ECS is told it. */
export const agentVersion = '1.105.1';
/** Names the build to ECS, in place of a commit of the Amazon ECS agent. */
export const agentHash = '00000000';
/** How the agent names itself to people. */
export const agentText = `Amazon ECS Agent - v${agentVersion} (${agentHash})`;
/** How the agent names itself to AWS services; `family` is `ecs.os-type-detailed`. */
export const userAgentOf = (platform: 'linux' | 'windows', family: string): string =>
  `${agentText} (${platform}; ${family}) (+http://aws.amazon.com/ecs/)`;
