import { expect } from 'chai';
import { userAgentOf } from '../../bin/version.ts';

describe('the name that AWS services are told', () => {
  it('says which release, which system and which kind of it', () => {
    expect(userAgentOf('linux', 'debian_12')).to.equal(
      'Amazon ECS Agent - v1.105.1 (00000000) (linux; debian_12) (+http://aws.amazon.com/ecs/)',
    );
    expect(userAgentOf('windows', 'WINDOWS_SERVER_2022_CORE')).to.match(
      /\(windows; WINDOWS_SERVER_2022_CORE\)/,
    );
  });
});
