/** A NodeDriver over a pool of `pg` connections to one PostgreSQL server. */
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import { Pool, type PoolClient, type QueryArrayConfig } from "pg";
import { OrreryError } from "../errors.ts";
import { createLimiter } from "../lib/limiter.ts";
import { sendCancelRequest } from "./cancel-request.ts";
import { columnTypes } from "./column-types.ts";
import type { Hello, NodeDriver, RunOptions } from "./node-driver.ts";
import { fromPgError, isStalePlan } from "./pg-errors.ts";
import type { Row, Statement, StatementValue } from "./statement.ts";
import { encodeVector } from "./vector-codec.ts";

export interface PoolSettings {
  readonly max: number;
  readonly queue: number;
  readonly maxLifetimeMs: number;
  readonly connectTimeoutMs: number;
  readonly statementTimeoutMs: number;
  readonly workMem: string;
  readonly maxScanTuples: number;
}

export interface PgDriverOptions {
  /** For messages and logs; never the URL, which may hold a password. */
  readonly node: string;
  readonly url: string;
  readonly pool: PoolSettings;
  /**
   * Sees what the server says of itself on each new connection; throwing refuses the connection. Without it the server
   * is not asked, which works before the first migration too.
   */
  readonly verify?: (hello: Hello) => void;
  /** 0 to 1; spreads the ends of the connections' lives. */
  readonly random: () => number;
}

export interface PgDriver extends NodeDriver {
  /** Replaces every present connection when it is next given back: what it has prepared names shards that left. */
  retireConnections(): void;
  connections(): { readonly total: number; readonly idle: number; readonly waiting: number };
}

/** How long a cancelled statement may take to end before its connection is destroyed. */
const CANCEL_GRACE_MS = 1_000;
const IDLE_TIMEOUT_MS = 300_000;
const PREPARED_NAMES = 5_000;

const HELLO: Statement = {
  text: "SELECT cluster_id, group_id, in_recovery, schema_version FROM orrery.hello()",
  values: [],
  prepare: false,
};

interface ConnectionLife {
  readonly endsAtMs: number;
  readonly generation: number;
}

export function createPgDriver(options: PgDriverOptions): PgDriver {
  return new PoolDriver(options);
}

class PoolDriver implements PgDriver {
  readonly #options: PgDriverOptions;
  readonly #pool: Pool;
  readonly #limiter;
  readonly #lives = new WeakMap<PoolClient, ConnectionLife>();
  readonly #names = new LRUCache<string, string>({ max: PREPARED_NAMES });
  #generation = 0;
  #closing: Promise<void> | undefined;

  constructor(options: PgDriverOptions) {
    this.#options = options;
    const { pool, node } = options;
    this.#limiter = createLimiter({
      max: pool.max,
      queue: pool.queue,
      full: () =>
        new OrreryError("OVERLOADED", `node ${node}: ${pool.queue} requests wait for a connection already`, {
          details: { metadata: { node }, retryDelayMs: 100 },
        }),
    });
    this.#pool = new Pool({
      connectionString: options.url,
      max: pool.max,
      connectionTimeoutMillis: pool.connectTimeoutMs,
      idleTimeoutMillis: IDLE_TIMEOUT_MS,
      keepAlive: true,
      application_name: "orrery",
      options: sessionOptions(pool),
      // The types say void, but the pool waits for the promise (pg-pool's index.js, connect).
      onConnect: ((client: PoolClient) => this.#greet(client)) as (client: unknown) => void,
    });
    // An idle connection that the server ends is taken out of the pool; the next request opens another.
    this.#pool.on("error", () => {});
  }

  async run(statement: Statement, options: RunOptions): Promise<readonly Row[]> {
    const { signal, write = false } = options;
    const startedMs = performance.now();
    if (this.#closing !== undefined) throw this.#unavailable("its connections are being closed");
    let release: () => void;
    let client: PoolClient;
    try {
      release = await this.#limiter.acquire(signal);
      if (signal.aborted) {
        release();
        throw signal.reason;
      }
      client = await this.#checkout(signal, release);
    } catch (error) {
      throw fromPgError(error, { node: this.#options.node, write, sent: false });
    } finally {
      options.waitedMs = performance.now() - startedMs;
    }
    const query = this.#query(client, statement);
    const ended = query.then(
      () => undefined,
      (error: unknown) => error,
    );
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        reject(write ? this.#outcomeUnknown(signal) : signal.reason);
        void this.#cancel(client, ended).then((broken) => {
          this.#giveBack(client, broken);
          release();
        });
      };
      if (signal.aborted) {
        onAbort();
        return;
      }
      signal.addEventListener("abort", onAbort, { once: true });
      const settle = (error: unknown) => {
        if (signal.aborted) return;
        signal.removeEventListener("abort", onAbort);
        this.#giveBack(client, error !== undefined && isBroken(error));
        release();
      };
      query.then(
        (rows) => {
          settle(undefined);
          resolve(rows);
        },
        (error: unknown) => {
          settle(error);
          // The server refused to run it, so running it again, on another connection, repeats nothing.
          if (isStalePlan(error) && !signal.aborted)
            resolve(this.run({ ...statement, prepare: false }, { signal, write }));
          else reject(fromPgError(error, { node: this.#options.node, write, sent: true }));
        },
      );
    });
  }

  retireConnections(): void {
    this.#generation += 1;
  }

  connections() {
    const { totalCount, idleCount } = this.#pool;
    return { total: totalCount, idle: idleCount, waiting: this.#limiter.waiting };
  }

  close(): Promise<void> {
    this.#closing ??= this.#pool.end();
    return this.#closing;
  }

  /** Abort: rejects at once; the connection, when it opens after all, goes back to the pool and the place with it. */
  #checkout(signal: AbortSignal, release: () => void): Promise<PoolClient> {
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#pool.connect().then(
        (client) => {
          signal.removeEventListener("abort", onAbort);
          if (!signal.aborted) return resolve(client);
          this.#giveBack(client, false);
          release();
        },
        (error: unknown) => {
          signal.removeEventListener("abort", onAbort);
          release();
          reject(error);
        },
      );
    });
  }

  async #query(client: PoolClient, statement: Statement, timeoutMs?: number): Promise<readonly Row[]> {
    const config: QueryArrayConfig & { query_timeout?: number } = {
      text: statement.text,
      values: statement.values.map(toParameter),
      rowMode: "array",
      types: columnTypes as unknown as NonNullable<QueryArrayConfig["types"]>,
      ...(statement.prepare ? { name: this.#nameOf(statement.text) } : {}),
      ...(timeoutMs === undefined ? {} : { query_timeout: timeoutMs }),
    };
    return (await client.query(config)).rows as Row[];
  }

  #nameOf(text: string): string {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const name = `orrery_${createHash("sha256").update(text).digest("base64url").slice(0, 22)}`;
    this.#names.set(text, name);
    return name;
  }

  async #greet(client: PoolClient): Promise<void> {
    // A connection that is lost while it runs something fails the statement; the event would end the process.
    client.on("error", () => {});
    const { maxLifetimeMs, connectTimeoutMs } = this.#options.pool;
    const lifeMs = maxLifetimeMs * (1 - 0.1 * this.#options.random());
    this.#lives.set(client, { endsAtMs: performance.now() + lifeMs, generation: this.#generation });
    if (this.#options.verify === undefined) return;
    const [row] = await this.#query(client, HELLO, connectTimeoutMs);
    const [clusterId, group, inRecovery, schemaVersion] = row ?? [];
    this.#options.verify({
      clusterId: String(clusterId),
      group: Number(group),
      inRecovery: inRecovery === true,
      schemaVersion: Number(schemaVersion),
    });
  }

  /**
   * Cancels what the connection runs and waits for both to end, so that a late cancel cannot hit the next statement.
   * Returns true when the connection is of no more use.
   */
  async #cancel(client: PoolClient, ended: Promise<unknown>): Promise<boolean> {
    const { host, port, processID, secretKey } = client as PoolClient & {
      readonly host: string;
      readonly port: number;
      readonly processID: number;
      readonly secretKey: number;
    };
    const cancelled = sendCancelRequest({ host, port, processId: processID, secretKey }, CANCEL_GRACE_MS);
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<"too late">((resolve) => {
      timer = setTimeout(() => resolve("too late"), CANCEL_GRACE_MS);
    });
    const result = await Promise.race([Promise.all([ended, cancelled]), tooLate]);
    clearTimeout(timer);
    if (result === "too late") return true;
    const [error, answered] = result;
    return !answered || (error !== undefined && isBroken(error));
  }

  #giveBack(client: PoolClient, broken: boolean): void {
    const life = this.#lives.get(client);
    const old =
      life !== undefined && (performance.now() > life.endsAtMs || life.generation !== this.#generation);
    client.release(broken || old);
  }

  #outcomeUnknown(signal: AbortSignal): OrreryError {
    const { node } = this.#options;
    return new OrreryError(
      "WRITE_OUTCOME_UNKNOWN",
      `node ${node}: the write was under way when the call ended`,
      {
        cause: signal.reason,
        details: { metadata: { node } },
      },
    );
  }

  #unavailable(why: string): OrreryError {
    const { node } = this.#options;
    return new OrreryError("NODE_UNAVAILABLE", `node ${node}: ${why}`, { details: { metadata: { node } } });
  }
}

function toParameter(value: StatementValue): unknown {
  return value instanceof Float32Array ? encodeVector(value) : value;
}

/** False for errors after which the same connection goes on: the server's own, below FATAL, of a usable plan. */
function isBroken(error: unknown): boolean {
  const { severity } = error as { severity?: unknown };
  return severity !== "ERROR" || isStalePlan(error);
}

/**
 * Set when the connection starts, so that no request pays for it: limits of the server's own, should ours get lost, and
 * what index scans need. JIT compiles plans that are cheaper to run than to compile.
 */
function sessionOptions(pool: PoolSettings): string {
  const settings: Readonly<Record<string, string | number>> = {
    statement_timeout: pool.statementTimeoutMs,
    client_connection_check_interval: 1000,
    work_mem: pool.workMem,
    jit: "off",
    "hnsw.max_scan_tuples": pool.maxScanTuples,
    // Shards are hidden from catalog queries otherwise, also from the statistics. Ignored where Citus is not loaded.
    "citus.override_table_visibility": "off",
  };
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(" ");
}
