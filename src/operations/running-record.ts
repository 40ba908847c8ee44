/**
 * The record of an operation that runs here, as it is here and as the store has it. Every write compares the
 * record's revision, and in a leader term the leadership as well, so a coordinator whose operation was taken
 * over by another notices at its next write.
 */
import { isOrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { createSingleFlight } from "../lib/single-flight.ts";
import type { Leadership, Stored } from "../topology/map-store.ts";
import type { FinishedRecords } from "./finished-records.ts";
import type { OperationRecords } from "./records.ts";
import type { Operation } from "./types.ts";

export interface RunningRecordDeps {
  readonly records: OperationRecords;
  readonly epochMs: () => number;
  readonly logger: Logger;
  readonly finished: Pick<FinishedRecords, "get" | "add">;
  readonly closing: AbortSignal;
  /** Notified of every change of an operation that runs here. */
  readonly onChange: (operation: Operation) => void;
}

export interface RecordStart {
  readonly operation: Operation;
  /** Of its record as stored. */
  readonly revision: string;
  readonly leadership: Leadership | undefined;
}

export interface RecordListener {
  /** An admin has asked to cancel. */
  cancelling(): void;
  /** The operation is another's, or over; nothing more may be done for it here. */
  lost(reason: string): void;
}

export class RunningRecord {
  readonly #deps: RunningRecordDeps;
  readonly #listener: RecordListener;
  readonly #leadership: Leadership | undefined;
  #current: Operation;
  /** As the store has it; undefined when it has something else. */
  #saved: Operation | undefined;
  #revision: string | undefined;
  #isOwned = true;

  constructor(
    deps: RunningRecordDeps,
    { operation, revision, leadership }: RecordStart,
    listener: RecordListener,
  ) {
    this.#deps = deps;
    this.#listener = listener;
    this.#leadership = leadership;
    this.#current = operation;
    this.#saved = operation;
    this.#revision = revision;
  }

  get current(): Operation {
    return this.#current;
  }

  /** False once it was lost. */
  get isOwned(): boolean {
    return this.#isOwned;
  }

  get isSaved(): boolean {
    return this.#current === this.#saved;
  }

  readonly change = (fields: Partial<Operation>): void => {
    this.#current = { ...this.#current, ...fields, updatedAtMs: this.#deps.epochMs() };
    this.#deps.onChange(this.#current);
  };

  /** With this it ends; exactly so it is stored elsewhere, too. */
  readonly end = (ended: Operation): void => {
    this.#current = ended;
    this.#deps.onChange(ended);
  };

  /** Compares with the stored record: takes note of a cancellation, stores what has changed here. */
  readonly sync = createSingleFlight(() => this.#sync());

  async #sync(): Promise<void> {
    const { id, coordinator } = this.#current;
    const stored = await this.#read();
    if (stored !== undefined && stored.value.coordinator !== coordinator) {
      this.#lose("another coordinator has taken the operation over");
    }
    // This coordinator was frozen for long, while another one has brought it to its end.
    if (stored === undefined && this.#isOwned && (await this.#hasEnded(id))) {
      this.#lose("it has ended elsewhere");
    }
    if (!this.#isOwned) return;
    if (stored?.value.state === "cancelling" && this.#current.state === "running") {
      this.change({ state: "cancelling" });
      this.#listener.cancelling();
    }
    this.#revision = stored?.revision;
    // One that is gone is written again: the store was wiped.
    if (this.isSaved && stored !== undefined) return;
    await this.#write();
  }

  async #hasEnded(id: string): Promise<boolean> {
    const { finished, closing } = this.#deps;
    return (await finished.get(id, closing)) !== undefined;
  }

  async #read(): Promise<Stored<Operation> | undefined> {
    const { records, logger } = this.#deps;
    const { id } = this.#current;
    try {
      return await records.head(id);
    } catch (error) {
      const damaged = isOrreryError(error, "OPERATION_UNREADABLE") ? await records.revisionOf(id) : undefined;
      if (damaged === undefined) throw error;
      // Damaging it is not taking it over: what runs here is the record.
      logger.error({ err: error }, "putting back the record of an operation that cannot be read");
      this.#saved = undefined;
      return { value: this.#current, revision: damaged };
    }
  }

  async #write(): Promise<void> {
    const saving = this.#current;
    try {
      this.#revision = await this.#deps.records.put(saving, this.#revision, this.#leadership);
    } catch (error) {
      if (isOrreryError(error, "NOT_LEADER")) this.#lose("this coordinator is no longer the leader");
      throw error;
    }
    this.#saved = saving;
  }

  #lose(reason: string): void {
    this.#isOwned = false;
    this.#listener.lost(reason);
  }
}
