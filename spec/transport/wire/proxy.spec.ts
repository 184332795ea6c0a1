import { expect } from 'chai';
import {
  type Environment,
  ProxyError,
  proxyFor,
  shownProxy,
} from '../../../transport/wire/proxy.ts';

const chosen = (url: string, environment: Environment): string | null =>
  proxyFor(new URL(url), environment)?.href ?? null;

describe('the proxy of a request', () => {
  const plain = 'http://plain:1/';
  const secure = 'http://secure:2/';
  const both = { HTTP_PROXY: plain, HTTPS_PROXY: secure };
  const choices: [url: string, environment: Environment, proxy: string | null][] = [
    ['https://ecs.test', {}, null],
    ['https://ecs.test', both, secure],
    ['wss://ecs.test', both, secure],
    ['http://ecs.test', both, plain],
    ['ws://ecs.test', both, plain],
    ['https://ecs.test', { HTTP_PROXY: plain }, plain],
    ['wss://ecs.test', { HTTP_PROXY: plain }, plain],
    ['http://ecs.test', { HTTPS_PROXY: secure }, null],
    ['https://ecs.test', { https_proxy: secure }, secure],
    ['https://ecs.test', { https_proxy: plain, HTTPS_PROXY: secure }, secure],
    ['https://ecs.test', { HTTPS_PROXY: '', https_proxy: secure }, secure],
    ['https://ecs.test', { HTTPS_PROXY: ' ', HTTP_PROXY: plain }, plain],
    ['https://ecs.test', { HTTPS_PROXY: 'proxy.test:3128' }, 'http://proxy.test:3128/'],
    ['https://ecs.test', { HTTPS_PROXY: '10.0.0.1:3128' }, 'http://10.0.0.1:3128/'],
    ['https://ecs.test', { HTTPS_PROXY: 'u:p@proxy.test:3128' }, 'http://u:p@proxy.test:3128/'],
    ['https://ecs.test', { HTTPS_PROXY: 'https://proxy.test' }, 'https://proxy.test/'],
    ['https://ecs.test', { HTTPS_PROXY: 'socks5://proxy.test:1080' }, 'socks5://proxy.test:1080'],
  ];
  for (const [url, environment, proxy] of choices)
    it(`is ${proxy} for ${url} by ${JSON.stringify(environment)}`, () =>
      expect(chosen(url, environment)).to.equal(proxy));

  const direct: [noProxy: string, url: string, isDirect: boolean][] = [
    ['', 'https://ecs.test', false],
    ['', 'https://localhost:8443', true],
    ['', 'https://127.0.0.1', true],
    ['', 'https://127.8.9.1', true],
    ['', 'https://[::1]:8443', true],
    ['', 'https://localhost.test', false],
    ['', 'http://169.254.169.254/latest', true],
    ['', 'http://[fd00:ec2::254]/latest', true],
    ['', 'http://169.254.170.2/v2', true],
    ['other.test', 'http://169.254.169.254/latest', true],
    ['*', 'https://ecs.test', true],
    ['other.test,*', 'https://ecs.test', true],
    ['ecs.test', 'https://ecs.test', true],
    ['ECS.Test', 'https://ecs.test', true],
    ['ecs.test', 'https://ECS.test.', true],
    ['ecs.test', 'https://a.b.ecs.test', true],
    ['ecs.test', 'https://notecs.test', false],
    ['.ecs.test', 'https://ecs.test', false],
    ['.ecs.test', 'https://a.ecs.test', true],
    ['*.ecs.test', 'https://ecs.test', false],
    ['*.ecs.test', 'https://a.ecs.test', true],
    [' other.test , ecs.test ', 'https://ecs.test', true],
    ['other.test ecs.test', 'https://ecs.test', true],
    ['ecs.test:443', 'https://ecs.test', true],
    ['ecs.test:443', 'wss://ecs.test', true],
    ['ecs.test:80', 'http://ecs.test', true],
    ['ecs.test:80', 'https://ecs.test', false],
    ['.ecs.test:8443', 'https://a.ecs.test:8443', true],
    ['10.1.2.3', 'https://10.1.2.3', true],
    ['10.1.2.3', 'https://10.1.2.4', false],
    ['10.1.2.3:443', 'https://10.1.2.3', true],
    ['10.1.2.3:80', 'https://10.1.2.3', false],
    ['10.0.0.0/8', 'https://10.1.2.3', true],
    ['10.0.0.0/8', 'https://11.1.2.3', false],
    ['10.0.0.0/8', 'https://10.test', false],
    ['10.0.0.0/0', 'https://11.1.2.3', true],
    ['10.0.0.0/33', 'https://10.0.0.0', false],
    ['10.0.0.0/8', 'https://[fd00::1]', false],
    ['fd00::/8', 'https://[fd00::1]', true],
    ['fd00::/8', 'https://10.1.2.3', false],
    ['fd00::1', 'https://[fd00:0::1]', true],
    ['[fd00::1]', 'https://[fd00::1]', true],
    ['[fd00::1]:443', 'https://[fd00::1]', true],
    ['[fd00::1]:80', 'https://[fd00::1]', false],
    [':443', 'https://ecs.test', false],
    ['ecs.test:http', 'https://ecs.test', false],
    ['/var/run/docker.sock', 'https://ecs.test', false],
    ['ecs.test/24', 'https://ecs.test', false],
  ];
  for (const [noProxy, url, isDirect] of direct)
    it(`is ${isDirect ? 'none' : 'asked'} for ${url} where NO_PROXY is ${JSON.stringify(noProxy)}`, () => {
      expect(chosen(url, { ...both, NO_PROXY: noProxy }) === null).to.equal(isDirect);
      expect(chosen(url, { ...both, no_proxy: noProxy }) === null).to.equal(isDirect);
    });

  for (const value of ['http://', 'ftp://proxy.test', 'http://user:pa ss@[', 'user:pass:1:2@x:y'])
    it(`is refused where the variable says ${value}, and the value is not shown`, () => {
      const choose = () => chosen('https://ecs.test', { HTTPS_PROXY: value });
      expect(choose)
        .to.throw(ProxyError, /^HTTPS_PROXY must be the address of a proxy such as http:/)
        .with.property('code', 'PROXY_INVALID');
      expect(choose).not.to.throw(/pa?ss@|user/);
    });

  it('is not looked at for a host that needs none', () => {
    expect(chosen('https://localhost', { HTTPS_PROXY: 'ftp://proxy.test' })).to.equal(null);
  });

  it('is shown without the user and the password', () => {
    expect(shownProxy(new URL('http://user:secret@proxy.test:3128'))).to.equal(
      'http://***@proxy.test:3128',
    );
    expect(shownProxy(new URL('https://proxy.test'))).to.equal('https://proxy.test');
  });
});
