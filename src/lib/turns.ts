import { setImmediate } from "node:timers/promises";

/** Others wait no longer than this for the event loop. */
const TURN_MS = 4;

/** For long work in small steps: says when others should get their turn, and gives it to them. */
export class Turns {
  #startedMs = performance.now();

  /** Whether this turn has lasted long enough. */
  isOver(): boolean {
    return performance.now() - this.#startedMs > TURN_MS;
  }

  /** Resolves when others had theirs. */
  async next(): Promise<void> {
    await setImmediate();
    this.#startedMs = performance.now();
  }
}

/** `items.map(run)`, in turns with other work where it takes long. */
export async function mapInTurns<T, R>(
  items: readonly T[],
  run: (item: T, index: number) => R,
): Promise<readonly R[]> {
  const turns = new Turns();
  const results: R[] = [];
  for (const [index, item] of items.entries()) {
    results.push(run(item, index));
    if (turns.isOver()) await turns.next();
  }
  return results;
}
