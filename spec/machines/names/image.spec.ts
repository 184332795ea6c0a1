import { expect } from 'chai';
import { parseImage, sameName, withDigest, withTag } from '../../../machines/names/image.ts';

const digest = `sha256:${'a'.repeat(64)}`;

describe('a reference of an image', () => {
  const parts: [string, string, string, string | null, string | null][] = [
    ['nginx', 'docker.io', 'library/nginx', null, null],
    ['nginx:1.25', 'docker.io', 'library/nginx', '1.25', null],
    ['amazon/amazon-ecs-agent:latest', 'docker.io', 'amazon/amazon-ecs-agent', 'latest', null],
    ['docker.io/nginx', 'docker.io', 'library/nginx', null, null],
    ['index.docker.io/library/nginx', 'docker.io', 'library/nginx', null, null],
    ['registry-1.docker.io/library/nginx', 'registry-1.docker.io', 'library/nginx', null, null],
    ['localhost/app', 'localhost', 'app', null, null],
    ['localhosts/app', 'docker.io', 'localhosts/app', null, null],
    ['registry:5000/app', 'registry:5000', 'app', null, null],
    ['registry:5000/a/b:2', 'registry:5000', 'a/b', '2', null],
    ['registry:5000', 'docker.io', 'library/registry', '5000', null],
    ['example.tld/team/app:v1', 'example.tld', 'team/app', 'v1', null],
    [`nginx@${digest}`, 'docker.io', 'library/nginx', null, digest],
    [`example.tld:80/app:v1@${digest}`, 'example.tld:80', 'app', 'v1', digest],
    [
      '111122223333.dkr.ecr.us-west-2.amazonaws.com/web:1.4',
      '111122223333.dkr.ecr.us-west-2.amazonaws.com',
      'web',
      '1.4',
      null,
    ],
  ];
  for (const [reference, host, path, tag, itsDigest] of parts)
    it(`such as ${reference.slice(0, 60)} has host, path, tag and digest`, () => {
      expect(parseImage(reference)).to.deep.equal({ host, path, tag, digest: itsDigest });
    });

  it('takes a digest in the place of its tag', () => {
    expect(withDigest('nginx:1.25', digest)).to.equal(`nginx@${digest}`);
    expect(withDigest('registry:5000/a/b', digest)).to.equal(`registry:5000/a/b@${digest}`);
    expect(withDigest('nginx:1.25@sha256:old', digest)).to.equal(`nginx@${digest}`);
  });

  it('means latest where it has neither tag nor digest', () => {
    expect(withTag('nginx')).to.equal('nginx:latest');
    expect(withTag('registry:5000/app')).to.equal('registry:5000/app:latest');
    expect(withTag('nginx:1.25')).to.equal('nginx:1.25');
    expect(withTag(`nginx@${digest}`)).to.equal(`nginx@${digest}`);
  });

  it('is of the repository of a RepoDigest, however either is written', () => {
    expect(sameName('nginx:1.25', `nginx@${digest}`)).to.equal(true);
    expect(sameName('docker.io/library/nginx', `nginx@${digest}`)).to.equal(true);
    expect(sameName('example.tld/app:1', `example.tld/app@${digest}`)).to.equal(true);
  });

  it('is of another repository where host or path differ', () => {
    expect(sameName('nginx', `example.tld/library/nginx@${digest}`)).to.equal(false);
    expect(sameName('nginx', `team/nginx@${digest}`)).to.equal(false);
  });
});
