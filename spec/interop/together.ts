/** A title, and what is to happen. */
export type Story = [title: string, play: () => Promise<void>];

/** How long all of them may take; a machine of one processor starts their containers one by one. */
const patienceMs = 120_000;

/**
 * Tests that happen at the same time, since most of each is waiting: all begin before the first of
 * them, and each fails on its own.
 */
export function together(stories: Story[]): void {
  const outcomes: Promise<unknown>[] = [];
  before(() => {
    for (const [, play] of stories)
      outcomes.push(
        play().then(
          () => null,
          (error: unknown) => error,
        ),
      );
  });
  for (const [index, [title]] of stories.entries())
    it(title, async function () {
      this.timeout(patienceMs);
      const failure = await outcomes[index];
      if (failure !== null) throw failure;
    });
}
