import { expect } from 'chai';
import { credentialsFrom } from '../../../transport/wire/credentials.ts';

describe('credentials of the agent', () => {
  it('are those of the configuration where it has some', async () => {
    const keys = { accessKeyId: 'AKID', secretAccessKey: 'secret', sessionToken: 'token' };
    expect(await credentialsFrom(keys)()).to.deep.equal(keys);
  });
});
