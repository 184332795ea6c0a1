import { expect } from 'chai';
import { ProtectionError } from '../../../../transport/agentapi/port.ts';
import { EcsError } from '../../../../transport/ecs/port.ts';
import { SimClock } from '../../../../transport/sim/clock.ts';
import { SimPlane } from '../../../../transport/sim/plane.ts';

describe('the simulated control plane, asked for a task', () => {
  const begun = () => {
    const clock = new SimClock(0);
    const plane = new SimPlane(clock);
    const { signal } = new AbortController();
    const settled = async <Value>(call: Promise<Value>): Promise<Value | Error> => {
      const end = call.catch((error: Error) => error);
      await clock.advance(60_000);
      return end;
    };
    const call = { cluster: 'c', taskArn: 'arn', keys: {} as never };
    return { plane, clock, signal, settled, call, of: plane.forTasks };
  };
  const denied = new EcsError('ECS_DENIED', 'AccessDeniedException', 'it may not');

  it('has the tags that it was given, and rejects by the service’s name of what is wrong', async () => {
    const { plane, of, signal, settled } = begun();
    of.tagged.set('arn', { team: 'shop' });
    expect(await settled(of.tags('arn', signal))).to.deep.equal({ team: 'shop' });
    expect(await settled(of.tags('other', signal))).to.deep.equal({});
    plane.failNext('tags', denied);
    const error = await settled(of.tags('arn', signal));
    expect(error).to.include({ name: 'AccessDeniedException', message: 'it may not' });
  });

  it('protects a task for as long as is asked, for two hours where nothing is', async () => {
    const { of, clock, signal, settled, call } = begun();
    const { get, update } = of.protection;
    const isSaid = (minutes: number | null) => ({
      failures: [],
      tasks: [
        {
          taskArn: 'arn',
          enabled: minutes !== null,
          expires: minutes === null ? null : new Date(minutes * 60_000),
        },
      ],
    });
    expect(await settled(get(call, signal))).to.deep.equal(isSaid(null));
    const protect = (expiresInMinutes: number | null, enabled = true) =>
      settled(update({ ...call, enabled, expiresInMinutes }, signal));
    const ends = (await protect(5)) as ReturnType<typeof isSaid>;
    expect(ends.tasks[0]?.expires?.getTime()).to.equal(60_001 + 5 * 60_000);
    await clock.advance(10 * 60_000);
    expect(await settled(get(call, signal))).to.deep.equal(isSaid(null));
    const from = clock.now() + 1;
    const longer = (await protect(null)) as ReturnType<typeof isSaid>;
    expect(longer.tasks[0]?.expires?.getTime()).to.equal(from + 120 * 60_000);
    expect(await protect(null, false)).to.deep.equal(isSaid(null));
  });

  it('tells of what it refuses, and of no answer', async () => {
    const { plane, of, signal, settled, call } = begun();
    plane.failNext('protection', denied);
    plane.api.plan('protection', [{ is: 'lost reply' }]);
    const refused = await settled(of.protection.get(call, signal));
    expect(refused).to.be.instanceOf(ProtectionError);
    expect(refused).to.include({ status: 400, type: 'AccessDeniedException' });
    const lost = await settled(of.protection.get(call, signal));
    expect(lost).to.be.instanceOf(ProtectionError).that.includes({ status: null, type: null });
  });
});
