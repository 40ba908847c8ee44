/** How long those that wait in one line wait for each other, as far as turns so far tell. */

/** That tell something about the next ones: one alone may have been slow, or of several at once. */
const ENOUGH_TURNS = 5;
/** That are remembered. */
const MOST_TURNS = 16;

/**
 * The mean of the newest turns but for the longest: while a process stands still or somebody holds a lock
 * nobody has a turn, and after it the next ones come as before.
 */
export class TurnTimes {
  /** Milliseconds before each of the newest turns, in a ring. */
  readonly #beforeMs: number[] = [];
  #turns = 0;
  #lastMs: number;

  /** `nowMs`: when the first one began to wait. */
  constructor(nowMs: number) {
    this.#lastMs = nowMs;
  }

  /** Of milliseconds between turns; undefined when there were too few. */
  get meanMs(): number | undefined {
    if (this.#turns < ENOUGH_TURNS) return undefined;
    let sumMs = 0;
    for (const ms of this.#beforeMs) sumMs += ms;
    return (sumMs - Math.max(...this.#beforeMs)) / (this.#beforeMs.length - 1);
  }

  note(nowMs: number): void {
    this.#beforeMs[this.#turns % MOST_TURNS] = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    this.#turns += 1;
  }
}
