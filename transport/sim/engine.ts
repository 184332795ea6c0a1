export class SimEngine {
  constructor(_: unknown) {}
  port(_: string): never {
    throw new Error('x');
  }
}
