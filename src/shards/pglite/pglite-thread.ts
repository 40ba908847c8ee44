/** One PGlite database in a worker thread, with one request under way at a time. */
import { Worker } from "node:worker_threads";
import type { Row, Statement } from "../statement.ts";
import type { PgliteDatabase } from "./pglite-database.ts";
import type { PgliteErrorFields, PgliteReply, PgliteRequest } from "./pglite-messages.ts";

/**
 * A worker thread runs a file as it is, and Node.js 20 does not strip types: from the sources (as tests run
 * them) the worker is the compiled one, so `npm run build` comes first.
 */
const WORKER_URL = new URL(
  import.meta.url.endsWith(".ts") ? "../../../dist/src/shards/pglite/pglite-worker.js" : "./pglite-worker.js",
  import.meta.url,
);

/** An error of PostgreSQL, with the fields that the thread passes on. */
export class PgliteError extends Error {
  readonly code: string;
  readonly detail: string | undefined;
  readonly table: string | undefined;

  constructor({ message, code, detail, table }: PgliteErrorFields) {
    super(message);
    this.name = "PgliteError";
    this.code = code;
    this.detail = detail;
    this.table = table;
  }
}

interface Waiting {
  readonly resolve: (rows: readonly Row[]) => void;
  readonly reject: (error: Error) => void;
}

export class PgliteThread {
  /** Resolves when the thread has ended, for whatever reason. */
  readonly ended: Promise<void>;
  readonly #worker: Worker;
  #waiting: Waiting | undefined;
  #endedBy: Error | undefined;

  /** Starts the thread; `whenReady` resolves when its database is open. */
  constructor(database: PgliteDatabase) {
    this.#worker = new Worker(WORKER_URL, { workerData: database });
    this.#worker.on("message", (reply: PgliteReply) => this.#settle(reply));
    this.#worker.on("error", (error) => {
      this.#endedBy = error;
    });
    this.ended = new Promise((resolve) => {
      this.#worker.once("exit", () => {
        this.#endedBy ??= new Error("its database has ended");
        this.#waiting?.reject(this.#endedBy);
        resolve();
      });
    });
  }

  /** Why the thread has ended; undefined while it runs. */
  get endedBy(): Error | undefined {
    return this.#endedBy;
  }

  /** Rejects with what ended the thread. Must be called once, before anything else. */
  async whenReady(): Promise<void> {
    await this.#reply();
  }

  /**
   * Runs one statement; the caller must await it before the next call. Rejects with PgliteError, or with what
   * ended the thread.
   */
  run(statement: Statement): Promise<readonly Row[]> {
    if (this.#endedBy !== undefined) return Promise.reject(this.#endedBy);
    this.#worker.postMessage({ kind: "run", statement } satisfies PgliteRequest);
    return this.#reply();
  }

  /** Closes the database and ends the thread. */
  async close(): Promise<void> {
    if (this.#endedBy === undefined) this.#worker.postMessage({ kind: "close" } satisfies PgliteRequest);
    await this.ended;
  }

  #reply(): Promise<readonly Row[]> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  #settle(reply: PgliteReply): void {
    if (reply.kind === "rows") this.#waiting?.resolve(reply.rows);
    else this.#waiting?.reject(new PgliteError(reply.error));
    this.#waiting = undefined;
  }
}
