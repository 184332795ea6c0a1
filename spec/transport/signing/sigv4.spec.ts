import { expect } from 'chai';
import { signedHeaders } from '../../../transport/signing/sigv4.ts';
import { expectedSignature, readAuthorization } from '../wire/verifier.ts';

const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY';
const signer = (more: object = {}) => ({
  credentials: () => Promise.resolve({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey, ...more }),
  region: 'us-east-1',
  service: 'service',
});
const at = Date.UTC(2015, 7, 30, 12, 36);

describe('a signed GET', () => {
  // Requests and signatures of the test suite that AWS publishes with Signature Version 4.
  const published: [string, string, string][] = [
    ['plain', '/', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
    [
      'with a query out of order',
      '/?Param2=value2&Param1=value1',
      'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
    ],
  ];
  for (const [what, path, signature] of published)
    it(`${what} has the signature that AWS publishes`, async () => {
      const url = new URL(path, 'https://example.amazonaws.com');
      const headers = await signedHeaders(url, signer(), at);
      expect(readAuthorization(headers.authorization)).to.deep.equal({
        accessKeyId: 'AKIDEXAMPLE',
        date: '20150830',
        region: 'us-east-1',
        service: 'service',
        signedHeaders: ['host', 'x-amz-date'],
        signature,
      });
      expect(headers).to.include({
        host: 'example.amazonaws.com',
        'x-amz-date': '20150830T123600Z',
      });
      expect(headers).not.to.have.property('x-amz-content-sha256');
      expect(
        expectedSignature({ method: 'GET', url: path, headers, body: '' }, secretAccessKey),
      ).to.equal(signature);
    });

  it('signs the token of temporary keys, and a port and blanks as they are sent', async () => {
    const path = '/ws?dockerVersion=DockerVersion%3A%2020.10.24&clusterArn=a%2Bb%2Fc';
    const url = new URL(path, 'http://127.0.0.1:8080');
    const headers = await signedHeaders(url, signer({ sessionToken: 'TOKEN' }), at);
    const found = readAuthorization(headers.authorization);
    expect(found.signedHeaders).to.deep.equal(['host', 'x-amz-date', 'x-amz-security-token']);
    expect(headers).to.include({ host: '127.0.0.1:8080', 'x-amz-security-token': 'TOKEN' });
    expect(found.signature).to.equal(
      expectedSignature({ method: 'GET', url: path, headers, body: '' }, secretAccessKey),
    );
  });
});
