import type { Pulse } from '../../actors/effect.ts';
import { LocalPlane, localTaskArn } from '../../bin/commands/local-plane.ts';
import type { ContainerReport, TaskReport } from '../../machines/report/model.ts';

/** What was told of a container at one time. */
export type Told = ContainerReport;

/** The control plane of `ecs-agent dev`, with every report kept instead of the latest. */
export class Plane extends LocalPlane {
  /** All that was told of tasks, in order. */
  readonly reports: TaskReport[];

  constructor(pulse: Pulse, cluster: string) {
    const reports: TaskReport[] = [];
    super(pulse, cluster, (report) => reports.push(report));
    this.reports = reports;
  }

  arnOf(id: string): string {
    return localTaskArn(this.cluster, id);
  }

  /** Resolves once an agent is connected and has acknowledged all that it was sent. */
  settled(): Promise<void> {
    return this.until(() => this.isConnected() && this.context().unacknowledged.length === 0);
  }

  /** Resolves when the agent, which has ended, is no longer connected. */
  parted(): Promise<void> {
    return this.until(() => !this.isConnected());
  }

  of(taskArn: string): TaskReport[] {
    return this.reports.filter((report) => report.taskArn === taskArn);
  }
}
