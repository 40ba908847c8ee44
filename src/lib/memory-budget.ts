/**
 * What many jobs hold in memory, counted in bytes as they take it, with a bound for each and for all. Nobody
 * waits for room: a job that waits keeps what it has, and what it has is what the others lack.
 */

/** An account that holds no more than this counts as small. */
const SMALL_BYTES = 64 * 1024;
/** Of the whole; the rest is for small accounts, so that a few large ones cannot keep the many out. */
const SHARE_OF_LARGE = 0.8;

/** What has no more room: the account, all of them together, or an account that was closed. */
export type FullMemory = "account" | "all" | "closed";

export interface MemoryBudgetOptions {
  /** For all accounts together. */
  readonly totalBytes: number;
  /** For one account. */
  readonly accountBytes: number;
  /** The error of a job that gets no more. */
  readonly refusal: (full: FullMemory) => Error;
}

/** What one job holds. */
export interface MemoryAccount {
  readonly heldBytes: number;
  /** Takes `bytes` more, or none: then returns the error. */
  take(bytes: number): Error | undefined;
  /** Gives back part of what was taken. */
  giveBack(bytes: number): void;
  /** An account inside this one: what it holds counts here too, until it is closed. */
  part(): MemoryAccount;
  /** Gives everything back. Whatever is taken afterwards is refused. */
  close(): void;
}

/** Where an account takes from: the budget, or another account. */
interface Source {
  take(bytes: number, heldBytes: number): Error | undefined;
  giveBack(bytes: number): void;
  refuse(full: FullMemory): Error;
}

export class MemoryBudget implements Source {
  readonly totalBytes: number;
  readonly accountBytes: number;
  readonly #largeBytes: number;
  readonly #refusal: MemoryBudgetOptions["refusal"];
  readonly #refused = { account: 0, all: 0, closed: 0 };
  #heldBytes = 0;

  constructor({ totalBytes, accountBytes, refusal }: MemoryBudgetOptions) {
    this.totalBytes = totalBytes;
    this.#largeBytes = totalBytes * SHARE_OF_LARGE;
    this.accountBytes = Math.min(accountBytes, this.#largeBytes);
    this.#refusal = refusal;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** How often more was refused, by what was full. */
  get refused(): Readonly<Record<FullMemory, number>> {
    return this.#refused;
  }

  open(): MemoryAccount {
    return new Account(this);
  }

  refuse(full: FullMemory): Error {
    this.#refused[full] += 1;
    return this.#refusal(full);
  }

  /** For accounts only: `heldBytes` of it so far. */
  take(bytes: number, heldBytes: number): Error | undefined {
    const wanted = heldBytes + bytes;
    if (wanted > this.accountBytes) return this.refuse("account");
    const limit = wanted <= SMALL_BYTES ? this.totalBytes : this.#largeBytes;
    if (this.#heldBytes + bytes > limit) return this.refuse("all");
    this.#heldBytes += bytes;
    return undefined;
  }

  /** For accounts only. */
  giveBack(bytes: number): void {
    this.#heldBytes -= bytes;
  }
}

class Account implements MemoryAccount, Source {
  readonly #source: Source;
  #heldBytes = 0;
  #closed = false;

  constructor(source: Source) {
    this.#source = source;
  }

  get heldBytes(): number {
    return this.#heldBytes;
  }

  take(bytes: number): Error | undefined {
    if (this.#closed) return this.refuse("closed");
    const refused = this.#source.take(bytes, this.#heldBytes);
    if (refused === undefined) this.#heldBytes += bytes;
    return refused;
  }

  giveBack(bytes: number): void {
    const given = Math.min(bytes, this.#heldBytes);
    this.#heldBytes -= given;
    this.#source.giveBack(given);
  }

  part(): MemoryAccount {
    return new Account(this);
  }

  refuse(full: FullMemory): Error {
    return this.#source.refuse(full);
  }

  close(): void {
    this.#closed = true;
    this.giveBack(this.#heldBytes);
  }
}
