/** Which statements one connection has prepared: as many as it may, those used last. */
export class PreparedNames {
  readonly #max: number;
  /** In the order of their last use. */
  readonly #names = new Set<string>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Notes a use. Returns the statement that has to be closed for it, the one not used for longest. */
  use(name: string): string | undefined {
    const isKnown = this.#names.delete(name);
    this.#names.add(name);
    if (isKnown || this.#names.size <= this.#max) return undefined;
    const [oldest] = this.#names;
    this.#names.delete(oldest as string);
    return oldest;
  }
}
