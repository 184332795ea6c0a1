import { expect } from 'chai';
import { loginOf, readEngineAuth } from '../../../transport/registry/engine-auth.ts';

const hub = 'https://index.docker.io/v1/';
const base64 = (text: string) => Buffer.from(text).toString('base64');
const user = (name: string) => ({ username: name, password: `${name}-pw` });

/** Who logs in to pull `image` with this data; null for nobody. */
const userFor = (data: unknown, image: string, type = 'docker') =>
  loginOf(readEngineAuth(type, JSON.stringify(data)), image)?.username ?? null;

describe('the configured logins of registries', () => {
  const forms: [string, string, string][] = [
    ['docker', 'user names and passwords', '{"a.io":{"username":"u","password":"p","email":"e"}}'],
    ['docker', 'members in other letter case', '{"a.io":{"Username":"u","Password":"p"}}'],
    ['dockercfg', 'base64 of both', `{"a.io":{"auth":"${base64('u:p')}","email":"e"}}`],
    ['dockercfg', 'base64 in lines', `{"a.io":{"auth":"${base64('u:p')}\\n"}}`],
    ['docker', 'base64 in the other type', `{"a.io":{"auth":"${base64('u:p')}"}}`],
    ['dockercfg', 'both in the other type', '{"a.io":{"username":"u","password":"p"}}'],
    ['docker', 'a config.json of Docker', `{"auths":{"a.io":{"auth":"${base64('u:p')}"}}}`],
    ['docker', 'single quotes around it', `'{"a.io":{"username":"u","password":"p"}}'`],
    ['docker', 'a JSON text', JSON.stringify('{"a.io":{"username":"u","password":"p"}}')],
    [' docker ', 'blanks around the type', '{"a.io":{"username":"u","password":"p"}}'],
    ['docker', 'the scheme http', '{"http://a.io":{"username":"u","password":"p"}}'],
    ['docker', 'the scheme https', '{"https://a.io":{"username":"u","password":"p"}}'],
  ];
  for (const [type, what, data] of forms)
    it(`may be given as ${what} (${type.trim()})`, () => {
      const auth = readEngineAuth(type, data);
      expect(auth.warnings).to.deep.equal([]);
      expect(loginOf(auth, 'a.io/app:1')).to.deep.equal({
        username: 'u',
        password: 'p',
        serverAddress: 'a.io',
      });
    });

  it('divide user and password at the first colon', () => {
    const auth = readEngineAuth('dockercfg', JSON.stringify({ 'a.io': { auth: base64('u:p:q') } }));
    expect(loginOf(auth, 'a.io/app')).to.include({ username: 'u', password: 'p:q' });
  });

  it('are none, without a warning, where no type is set', () => {
    const auth = readEngineAuth('', JSON.stringify({ 'a.io': user('u') }));
    expect(auth.logins.size).to.equal(0);
    expect(auth.warnings).to.deep.equal([]);
  });

  const useless: [string, string, RegExp][] = [
    [
      'basic',
      '{"a.io":{"username":"u","password":"s3cret"}}',
      /_TYPE is neither docker nor dockerc/,
    ],
    ['docker', '', /_DATA is not a JSON object/],
    ['docker', '{"a.io":{"password":"s3cret"', /_DATA is not a JSON object/],
    ['docker', '"s3cret', /_DATA is not a JSON object/],
    ['docker', '"s3cret"', /_DATA is not a JSON object/],
    ['dockercfg', '["s3cret"]', /_DATA is not a JSON object/],
    ['docker', '{"a.io":"s3cret"}', /the entry for a\.io is not used/],
    ['docker', '{"a.io":{"password":"s3cret"}}', /the entry for a\.io is not used/],
    [
      'docker',
      '{"a.io":{"username":"u","password":["s3cret"]}}',
      /the entry for a\.io is not used/,
    ],
    ['dockercfg', '{"a.io":{"auth":"s3cret?"}}', /the entry for a\.io is not used/],
    ['dockercfg', `{"a.io":{"auth":"${base64('s3cret')}"}}`, /the entry for a\.io is not used/],
    ['docker', '{"https://u:s3cret@a.io":{}}', /the entry for a\.io is not used/],
    [
      'docker',
      '{"docker.io":{"username":"u","password":"s3cret"}}',
      /https:\/\/index\.docker\.io\/v1\//,
    ],
  ];
  for (const [type, data, warning] of useless)
    it(`are of no use, and that is told without a secret, in ${type} ${data}`, () => {
      const { logins, warnings } = readEngineAuth(type, data);
      expect(logins.size).to.equal(0);
      expect(warnings).to.have.length(1);
      expect(warnings[0]).to.match(warning).and.not.to.contain('s3cret');
      expect(warnings[0]).not.to.contain(base64('s3cret'));
    });

  it('are used but for the one entry that is bad', () => {
    const data = { 'a.io': { auth: 'no' }, 'b.io': { auth: base64('u:p') } };
    expect(userFor(data, 'a.io/app', 'dockercfg')).to.equal(null);
    expect(userFor(data, 'b.io/app', 'dockercfg')).to.equal('u');
  });
});

describe('the login for an image', () => {
  for (const image of [
    'nginx',
    'nginx:1',
    'team/app',
    'docker.io/team/app',
    'index.docker.io/team/app',
    'registry-1.docker.io/team/app:2',
  ])
    it(`of Docker Hub, such as ${image}, is the one of its key alone`, () => {
      expect(userFor({ [hub]: user('hub'), 'a.io': user('a') }, image)).to.equal('hub');
      expect(userFor({ 'team/app': user('no'), nginx: user('no') }, image)).to.equal(null);
    });

  const several = { 'a.io': user('host'), 'a.io/team': user('team'), 'a.io/team/app': user('app') };
  const alone = { 'a.io/user2': user('two') };
  const both = { 'a.io/user3': user('three'), 'a.io/user2': user('two') };
  const cases: [string, object, string, string | null][] = [
    ['its host', several, 'a.io/other', 'host'],
    ['its host with a port', { 'a.io:5000': user('port') }, 'a.io:5000/app:1', 'port'],
    ['no other port', { 'a.io:5000': user('port') }, 'a.io/app', null],
    ['no other host', { 'a.io': user('a') }, 'b.io/app', null],
    ['no longer host', { 'a.io': user('a') }, 'a.io.evil.tld/app', null],
    ['the longest fitting path', several, 'a.io/team/app:1', 'app'],
    ['the longest fitting path before a digest', several, 'a.io/team/web@sha256:0', 'team'],
    ['its host by localhost', { localhost: user('local') }, 'localhost/app', 'local'],
    ['the only one of its host', alone, 'a.io/foo', 'two'],
    ['one of its host, always the same', both, 'a.io/foo', 'two'],
    ['the host’s key with a path of the API', { 'https://a.io/v2/': user('api') }, 'a.io/x', 'api'],
  ];
  for (const [what, data, image, expected] of cases)
    it(`is that of ${what}`, () => {
      expect(userFor(data, image)).to.equal(expected);
    });
});
