import { CgroupError } from '../../../transport/cgroup/port.ts';
import { DockerError } from '../../../transport/docker/port.ts';
import { EcsError, type EcsErrorCode } from '../../../transport/ecs/port.ts';
import { cluster } from '../../world/settings.ts';
import type { World } from '../../world/world.ts';
import type { Frames } from '../acs.ts';
import { msOf } from '../file/shapes.ts';
import type {
  EcsStep,
  EngineStep,
  HostStep,
  RegistryStep,
  SessionStep,
  StoreStep,
} from '../model.ts';
import type { Deed } from './stage.ts';

/** The simulated world, and what it takes to do something to it. */
export interface Scene {
  world: World;
  frames: Frames;
  /** The Docker name of `TASK/CONTAINER`. */
  dockerName(of: string): string;
}

/** Does to the world around the agent what a step says. */
export function deedsOn(
  scene: Scene,
  deed: Exclude<
    Deed,
    { start: unknown } | { crash: unknown } | { stop: unknown } | { ask: unknown }
  >,
): void {
  const { world } = scene;
  if ('acs' in deed) {
    const containerInstanceArn = world.plane.addresses.at(-1)?.containerInstanceArn ?? '';
    const clusterArn = `arn:aws:ecs:us-west-2:123456789012:cluster/${cluster}`;
    world.plane.say(scene.frames.frame(deed.acs, { clusterArn, containerInstanceArn }));
  } else if ('session' in deed) changeSession(world, deed.session);
  else if ('ecs' in deed) troubleApi(world, deed.ecs);
  else if ('engine' in deed) changeEngine(scene, deed.engine);
  else if ('registry' in deed) changeRegistry(world, deed.registry);
  else if ('host' in deed) changeHost(world, deed.host);
  else changeStore(world, deed.store);
}

function changeSession({ plane }: World, step: SessionStep): void {
  if (step === 'closes') plane.drop({ clean: true });
  else if (step === 'breaks') plane.drop({ clean: false });
  else if (step === 'half-open') plane.silence();
  else if (step === 'inactive') plane.drop({ clean: false, inactiveInstance: true });
  else plane.refusal = step === 'refused' ? { clean: false } : null;
}

function troubleApi({ plane }: World, step: EcsStep): void {
  const times = <Fault>(fault: Fault): Fault[] => Array<Fault>(step.times ?? 1).fill(fault);
  const error = (code: EcsErrorCode, type: string, message: string) =>
    times({ is: 'error' as const, error: new EcsError(code, type, message) });
  if ('throttle' in step)
    plane.api.plan(step.throttle, error('ECS_THROTTLED', 'ThrottlingException', 'Rate exceeded'));
  else if ('refuse' in step)
    plane.api.plan(step.refuse, error('ECS_INVALID', step.with, 'it will never be taken'));
  else if ('fail' in step)
    plane.api.plan(step.fail, error('ECS_UNREACHABLE', 'ECONNREFUSED', 'no answer'));
  else if ('hang' in step) plane.api.plan(step.hang, times({ is: 'hang' as const }));
  else plane.api.plan(step.lose, times({ is: 'lost reply' as const }));
}

function changeEngine(scene: Scene, step: EngineStep): void {
  const { engine, clock } = scene.world;
  if ('times' in step || 'refuse' in step || 'hang' in step || 'lose' in step)
    for (let left = step.times ?? 1; left > 0; left--) troubleCall(scene, step);
  else if ('restart' in step) {
    const liveRestore = step.containers === 'kept';
    engine.restart({ liveRestore, downMs: msOf(step.restart) });
  } else if ('unreachable' in step) {
    engine.setReachable(false);
    clock.at(clock.now() + msOf(step.unreachable), () => engine.setReachable(true));
  } else if ('events' in step) {
    engine.dropEvents(step.events === 'lost');
    engine.duplicateEvents(step.events === 'doubled');
  } else if ('disk' in step) engine.core.setDiskFull(step.disk === 'full');
  else changeContainer(scene, step);
}

type CallTrouble = Extract<EngineStep, { refuse: unknown } | { hang: unknown } | { lose: unknown }>;

function troubleCall({ world: { engine } }: Scene, step: CallTrouble): void {
  if ('hang' in step) engine.hangNext(step.hang);
  else if ('lose' in step) engine.loseReply(step.lose);
  else engine.failNext(step.refuse, new DockerError('DOCKER_REFUSED', step.with, { status: 500 }));
}

type ContainerChange = Extract<
  EngineStep,
  | { exit: unknown }
  | { start: unknown }
  | { create: unknown }
  | { remove: unknown }
  | { healthy: unknown }
  | { unhealthy: unknown }
  | { mark: unknown }
>;

function changeContainer({ world, dockerName }: Scene, step: ContainerChange): void {
  const { core } = world.engine;
  /** Nothing happens to one that has gone. */
  const ifThere = (of: string, change: (name: string) => void) => {
    const name = dockerName(of);
    if (core.list({}).some(({ Names }) => Names.includes(`/${name}`))) change(name);
  };
  if ('exit' in step)
    ifThere(step.exit, (name) =>
      core.exit(name, step.code ?? 0, { outOfMemory: step.outOfMemory ?? false }),
    );
  else if ('remove' in step) ifThere(step.remove, (name) => core.remove(name, { force: true }));
  else if ('mark' in step)
    ifThere(step.mark, (name) =>
      step.as === 'dead' ? core.setDead(name) : core.setOutOfMemory(name),
    );
  else if ('start' in step) core.start(dockerName(step.start));
  else if ('create' in step) core.create(dockerName(step.create), { Image: 'busybox:local' });
  else if ('healthy' in step) core.setHealth(dockerName(step.healthy), 'healthy');
  else core.setHealth(dockerName(step.unhealthy), 'unhealthy');
}

function changeRegistry({ engine }: World, step: RegistryStep): void {
  const { registry } = engine.core;
  if ('down' in step) registry.setTrouble(step.down);
  else if ('up' in step) registry.setTrouble(null);
  else if ('fail' in step) registry.failNext(step.fail, step.with, step.times);
  else if ('deny' in step) registry.deny(step.deny);
  else if ('stall' in step) registry.stallNext(step.stall);
  else
    registry.set(step.push, {
      ...(step.digest !== undefined && { digest: step.digest }),
      ...(step.takes !== undefined && { pullMs: msOf(step.takes) }),
      ...(step.layers !== undefined && { layers: step.layers }),
    });
}

function changeHost({ cgroups, host, instance, clock }: World, step: HostStep): void {
  if ('cgroup' in step) cgroups.failNext(new CgroupError(step.cgroup));
  else if ('spot' in step) {
    const time = new Date(clock.now() + 120_000).toISOString();
    instance.set({ spotAction: { action: step.spot, time } });
  } else {
    const totalBytes = 100_000_000_000;
    host.setDisk(() => ({ totalBytes, freeBytes: (totalBytes / 100) * (100 - step.disk) }));
  }
}

function changeStore({ store }: World, step: StoreStep): void {
  if (typeof step !== 'string') {
    if (step.as === 'damaged') store.damage(step.mark);
    else store.setVersion(step.mark, 99);
  } else if (step === 'waits') store.hold();
  else if (step === 'goes on') store.release();
  else if (step === 'fails once') store.failNextWrite();
  else store.setFull(step === 'full');
}
