/** Counts the bytes that many hold at once. It refuses nothing: whoever takes too much is told so. */
export class ByteBudget {
  readonly limitBytes: number;
  #usedBytes = 0;

  constructor(limitBytes: number) {
    this.limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** How much more is held than may be; 0 or less: nothing. */
  get excessBytes(): number {
    return this.#usedBytes - this.limitBytes;
  }

  /** Whether all that is held is still within the limit. */
  take(bytes: number): boolean {
    this.#usedBytes += bytes;
    return this.#usedBytes <= this.limitBytes;
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
  }
}
