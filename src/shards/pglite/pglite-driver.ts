/**
 * A NodeDriver over PGlite: one session, so one statement at a time, first come first served. PGlite cannot
 * cancel: after an abort the result is dropped, and the next statement waits until the old one has ended.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { OrreryError } from "../../errors.ts";
import type { MemoryAccount } from "../../lib/memory-budget.ts";
import { Admission } from "../admission.ts";
import type { AdmissionLimits } from "../class-of-work.ts";
import { failedResult, type PoolState, type RunOptions, type StatementResult } from "../node-driver.ts";
import type { PooledDriver } from "../node-pools.ts";
import { fromPgError } from "../pg-errors.ts";
import { heldByParsedRow } from "../row-memory.ts";
import { bytesOf, type Row, type Statement } from "../statement.ts";
import { lockFolder } from "./pglite-folder-lock.ts";
import { PgliteThread } from "./pglite-thread.ts";

export interface PgliteNodeOptions {
  /** Node name, for messages. */
  readonly node: string;
  /** For the data; created when missing, and locked against other processes. Undefined: in memory. */
  readonly dataFolder?: string | undefined;
  /** PostgreSQL settings of the session, as in `{ work_mem: "64MB" }`. */
  readonly settings: Readonly<Record<string, string>>;
  /** Of its one session. */
  readonly limits: AdmissionLimits;
}

/**
 * Opens the database, creating it in an empty folder. Throws CONFIG_INVALID (folder in use) or
 * NODE_UNAVAILABLE.
 */
export async function startPgliteNode(options: PgliteNodeOptions): Promise<PooledDriver> {
  const { node, dataFolder, settings } = options;
  if (dataFolder !== undefined) mkdirSync(dataFolder, { recursive: true });
  const unlock = dataFolder === undefined ? () => {} : await lockFolder(dataFolder);
  const thread = new PgliteThread({
    dataFolder: dataFolder === undefined ? undefined : join(dataFolder, "pgdata"),
    settings,
  });
  void thread.ended.then(unlock);
  try {
    await thread.whenReady();
  } catch (cause) {
    throw new OrreryError("NODE_UNAVAILABLE", `node ${node}: its database did not start (${String(cause)})`, {
      cause,
    });
  }
  return new PgliteDriver(options, thread);
}

class PgliteDriver implements PooledDriver {
  readonly #node: string;
  readonly #thread: PgliteThread;
  readonly #admission: Admission;
  readonly #running = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  constructor({ node, limits }: PgliteNodeOptions, thread: PgliteThread) {
    this.#node = node;
    this.#thread = thread;
    this.#admission = new Admission(limits, node);
  }

  async run(statement: Statement, options: RunOptions): Promise<StatementResult> {
    if (this.#closed !== undefined) return failedResult(this.#unavailable("it is being closed"), 0);
    const running = this.#runInTurn(statement, options);
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Nothing stays prepared, so there is nothing to retire. */
  retireConnections(): void {}

  connections(): PoolState {
    return { total: 1, idle: 1 - this.#admission.running, queues: this.#admission.queues() };
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Abort: ends at once. A waiting statement is not run; the result of a running one is dropped. */
  async #runInTurn(statement: Statement, options: RunOptions): Promise<StatementResult> {
    const { signal, write = false, memory } = options;
    const startedMs = performance.now();
    const release = () => this.#admission.release(options);
    try {
      await this.#admission.acquire(options, bytesOf(statement));
    } catch (error) {
      return failedResult(error, performance.now() - startedMs);
    }
    const waitedMs = performance.now() - startedMs;
    if (signal.aborted || this.#thread.endedBy !== undefined) {
      release();
      const error = signal.aborted ? signal.reason : this.#unavailable(String(this.#thread.endedBy));
      return failedResult(error, waitedMs);
    }
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        if (error instanceof OrreryError) resolve(failedResult(error, waitedMs));
        else reject(error);
      };
      const onAbort = () => fail(write ? this.#outcomeUnknown(signal.reason) : signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#thread
        .run(statement)
        .then(
          (rows) => {
            const refused = takeRows(rows, memory);
            if (refused === undefined) resolve({ rows, waitedMs, error: undefined });
            else fail(refused);
          },
          (error: unknown) =>
            fail(fromPgError(error, { node: this.#node, write, sent: true, text: statement.text })),
        )
        .finally(() => {
          signal.removeEventListener("abort", onAbort);
          release();
        });
    });
  }

  async #close(): Promise<void> {
    await Promise.allSettled(this.#running);
    // The last one may have been aborted and still be running.
    await this.#admission.acquire({ signal: new AbortController().signal }, 0);
    await this.#thread.close();
  }

  #outcomeUnknown(cause: unknown): OrreryError {
    return new OrreryError(
      "WRITE_OUTCOME_UNKNOWN",
      `node ${this.#node}: the write was under way when the call ended`,
      {
        cause,
        details: { metadata: { node: this.#node } },
      },
    );
  }

  #unavailable(why: string): OrreryError {
    return new OrreryError("NODE_UNAVAILABLE", `node ${this.#node}: ${why}`, {
      details: { metadata: { node: this.#node } },
    });
  }
}

/**
 * They come from their thread all at once, and parsed. The error of the account that has no room for them.
 */
function takeRows(rows: readonly Row[], memory: MemoryAccount | undefined): Error | undefined {
  if (memory === undefined) return undefined;
  let bytes = 0;
  for (const row of rows) bytes += heldByParsedRow(row);
  return memory.take(bytes);
}
