import { setImmediate } from "node:timers";

/** Others wait no longer than this for the event loop. */
const TURN_MS = 2;

/**
 * Where long jobs wait for their turns. In each round of the event loop one of them has one, however many
 * there are, so that together they keep it no longer from others than one alone.
 */
export class TurnQueue {
  readonly #waiting: (() => void)[] = [];

  /** For one job, which has its first turn now. */
  begin(): Turns {
    return new Turns(this);
  }

  /** Resolves when it is the caller's turn. For `Turns` only. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#waiting.length === 1) setImmediate(this.#giveTurn);
    });
  }

  readonly #giveTurn = () => {
    this.#waiting.shift()?.();
    if (this.#waiting.length > 0) setImmediate(this.#giveTurn);
  };
}

/** For long work in small steps: says when others should get their turn, and gives it to them. */
export class Turns {
  readonly #queue: TurnQueue;
  #startedMs = performance.now();

  constructor(queue: TurnQueue) {
    this.#queue = queue;
  }

  /** Whether this turn has lasted long enough. */
  isOver(): boolean {
    return performance.now() - this.#startedMs > TURN_MS;
  }

  /** Resolves when others had theirs. */
  async next(): Promise<void> {
    await this.#queue.wait();
    this.#startedMs = performance.now();
  }
}

/** `items.map(run)`, in turns with other work where it takes long. */
export async function mapInTurns<T, R>(
  items: readonly T[],
  queue: TurnQueue,
  run: (item: T, index: number) => R,
): Promise<readonly R[]> {
  const turns = queue.begin();
  const results: R[] = [];
  for (const [index, item] of items.entries()) {
    results.push(run(item, index));
    if (turns.isOver()) await turns.next();
  }
  return results;
}

const COPIED_AT_ONCE = 256 * 1024;

/** `Buffer.concat`, in turns with other work where there is much to copy. */
export async function concatInTurns(parts: readonly Buffer[], queue: TurnQueue): Promise<Buffer> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  if (length <= COPIED_AT_ONCE) return Buffer.concat(parts, length);
  const turns = queue.begin();
  const whole = Buffer.allocUnsafe(length);
  let at = 0;
  for (const part of parts) {
    at += part.copy(whole, at);
    if (turns.isOver()) await turns.next();
  }
  return whole;
}
