import { expect } from 'chai';
import { type Asked, asked, cleaned, decoded, withoutIds } from '../../../transport/tmds/path.ts';

const uuid = '79de7f83-becd-4750-ab4c-26ccc3ee533c';

describe('a path of the task metadata server', () => {
  const named: [path: string, search: string, what: Asked][] = [
    ['/v1/credentials', '?id=a&id=b', { is: 'credentials', version: 1, id: 'a' }],
    ['/v1/credentials', '', { is: 'credentials', version: 1, id: '' }],
    ['/v1/credentials/', '', { is: 'nothing' }],
    ['/v2/credentials/a', '', { is: 'credentials', version: 2, id: 'a' }],
    ['/v2/credentials/a/b', '', { is: 'credentials', version: 2, id: 'a/b' }],
    ['/v2/credentials/', '', { is: 'credentials', version: 2, id: '' }],
    ['/v2/credentials', '', { is: 'nothing' }],
    ['/v2/metadata', '', { is: 'byAddress' }],
    ['/v2/metadata/', '', { is: 'byAddress' }],
    ['/v2/metadata/d/e', '', { is: 'byAddress' }],
    ['/v2/metadataWithTags', '', { is: 'byAddress' }],
    ['/v2/metadataWithTags/', '', { is: 'byAddress' }],
    ['/v2/stats', '', { is: 'byAddress' }],
    ['/v2/stats/d', '', { is: 'byAddress' }],
    ['/v2/statistics', '', { is: 'nothing' }],
    ['/v3/a', '', { is: 'container', version: 3, id: 'a' }],
    ['/v4/a', '', { is: 'container', version: 4, id: 'a' }],
    ['/v4/', '', { is: 'container', version: 4, id: '' }],
    ['/v4', '', { is: 'nothing' }],
    ['/v4/a/', '', { is: 'nothing' }],
    ['/v4/a/task', '', { is: 'task', version: 4, id: 'a', withTags: false }],
    ['/v3/a/task/', '', { is: 'nothing' }],
    ['/v3/a/taskWithTags', '', { is: 'task', version: 3, id: 'a', withTags: true }],
    ['/v4/a/stats', '', { is: 'containerStats', version: 4, id: 'a' }],
    ['/v4/a/task/stats', '', { is: 'taskStats', version: 4, id: 'a' }],
    ['/v4/a/task/stats/', '', { is: 'nothing' }],
    ['/v4/a/tasks', '', { is: 'nothing' }],
    ['/v4/a/associations/t', '', { is: 'associations', version: 4, id: 'a' }],
    [
      '/v3/a/associations/t/n',
      '',
      { is: 'association', version: 3, id: 'a', type: 't', name: 'n' },
    ],
    ['/v3/a/associations/t/', '', { is: 'association', version: 3, id: 'a', type: 't', name: '' }],
    ['/v3/a/associations', '', { is: 'nothing' }],
    ['/api/a/task-protection/v1/state', '', { is: 'protection', id: 'a' }],
    ['/api/a/task-protection/v1/state/', '', { is: 'nothing' }],
    [
      '/api/a/fault/v1/network-latency/start',
      '',
      { is: 'fault', id: 'a', fault: 'network-latency', operation: 'start' },
    ],
    ['/api/a/fault/v1/network-latency/start/', '', { is: 'nothing' }],
    ['/api/a/fault/v1/network-latency/begin', '', { is: 'nothing' }],
    ['/api/a/fault/v2/network-latency/start', '', { is: 'nothing' }],
    ['/', '', { is: 'nothing' }],
    ['/v5/a', '', { is: 'nothing' }],
  ];
  for (const [path, search, what] of named)
    it(`${path}${search} names ${what.is}`, () => {
      expect(asked(path, search)).to.deep.equal(what);
    });

  const clean: [path: string, plain: string][] = [
    ['/v4/a', '/v4/a'],
    ['//v4//a', '/v4/a'],
    ['/v4/./a', '/v4/a'],
    ['/v4/b/../a', '/v4/a'],
    ['/../..', '/'],
    ['/v4/a//', '/v4/a/'],
    ['/v4/a.b/..c', '/v4/a.b/..c'],
    ['', '/'],
    ['v4', '/v4'],
  ];
  for (const [path, plain] of clean)
    it(`"${path}" is ${plain} when it is cleaned`, () => {
      expect(cleaned(path)).to.equal(plain);
    });

  it('is decoded where it can be', () => {
    expect(decoded('/v4/%61%20')).to.equal('/v4/a ');
    expect(decoded('/v4/%zz')).to.equal('/v4/%zz');
  });

  const shown: [path: string, written: string][] = [
    [`/v2/credentials/${uuid}`, '/v2/credentials'],
    ['/v2/credentials/anything/at all', '/v2/credentials'],
    ['/v1/credentials', '/v1/credentials'],
    [`/v4/${uuid}/stats`, '/v4/stats'],
    ['/v3/no-uuid/task', '/v3/task'],
    [`/api/${uuid}/task-protection/v1/state`, '/api/task-protection/v1/state'],
    [`/v4/${uuid}`, '/v4'],
    [`/nothing/${uuid.toUpperCase()}/x`, '/nothing/x'],
    ['/nothing/at/all', '/nothing/at/all'],
  ];
  for (const [path, written] of shown)
    it(`is written down as ${written} for ${path}`, () => {
      expect(withoutIds(path)).to.equal(written);
    });
});
