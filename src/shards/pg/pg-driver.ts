/** A NodeDriver over a pool of `pg` connections to one PostgreSQL server. */
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { PoolClient, QueryConfig } from "pg";
import { isOrreryError, OrreryError } from "../../errors.ts";
import type { Cancellation } from "../../lib/cancellation.ts";
import { createLimiter } from "../../lib/limiter.ts";
import type { Hello, NodeDriver, RunOptions } from "../node-driver.ts";
import { fromPgError, isStalePlan } from "../pg-errors.ts";
import type { Row, Statement } from "../statement.ts";
import { assertPgInternals } from "./assert-pg-internals.ts";
import { sendCancelRequest } from "./cancel-request.ts";
import type { ColumnParser } from "./column-types.ts";
import { PgConnections } from "./pg-connections.ts";
import { type OnEnd, PgQuery } from "./pg-query.ts";
import { type PoolSettings, sessionOptions } from "./pg-session.ts";

export interface PgDriverOptions {
  /** For messages and logs; never the URL, which may hold a password. */
  readonly node: string;
  readonly url: string;
  readonly pool: PoolSettings;
  /**
   * Sees what the server says of itself on each new connection; throwing refuses the connection. Without it
   * the server is not asked, which works before the first migration too.
   */
  readonly verify?: (hello: Hello) => void;
  /** 0 to 1; spreads the ends of the connections' lives. */
  readonly random: () => number;
}

export interface PgDriver extends NodeDriver {
  /**
   * Replaces every present connection when it is next given back: what it has prepared names shards that
   * left.
   */
  retireConnections(): void;
  connections(): { readonly total: number; readonly idle: number; readonly waiting: number };
}

/** How long a cancelled statement may take to end before its connection is destroyed. */
const CANCEL_GRACE_MS = 1_000;
const PREPARED_NAMES = 5_000;

const HELLO = "SELECT cluster_id, group_id, in_recovery, schema_version FROM orrery.hello()";

/** A connection, and the place among those in use that goes with it. */
interface Place {
  readonly client: PoolClient;
  readonly release: () => void;
}

/** What is known of a text that is prepared. */
interface Prepared {
  readonly name: string;
  /** Undefined until the server has described its columns. */
  parsers: readonly ColumnParser[] | undefined;
}

export function createPgDriver(options: PgDriverOptions): PgDriver {
  assertPgInternals();
  return new PoolDriver(options);
}

class PoolDriver implements PgDriver {
  readonly #options: PgDriverOptions;
  readonly #connections: PgConnections;
  readonly #limiter;
  readonly #prepared = new LRUCache<string, Prepared>({ max: PREPARED_NAMES });
  #closing: Promise<void> | undefined;

  constructor(options: PgDriverOptions) {
    this.#options = options;
    const { pool, node, random } = options;
    this.#limiter = createLimiter({
      max: pool.max,
      queue: pool.queue,
      full: () =>
        new OrreryError("OVERLOADED", `node ${node}: ${pool.queue} requests wait for a connection already`, {
          details: { metadata: { node }, retryDelayMs: 100 },
        }),
    });
    this.#connections = new PgConnections({
      config: {
        connectionString: options.url,
        max: pool.max,
        connectionTimeoutMillis: pool.connectTimeoutMs,
        keepAlive: true,
        application_name: "orrery",
        options: sessionOptions(pool),
      },
      greet: (client) => this.#greet(client),
      maxLifetimeMs: pool.maxLifetimeMs,
      random,
    });
  }

  run(statement: Statement, options: RunOptions): Promise<readonly Row[]> {
    const { signal } = options;
    if (this.#closing !== undefined || signal.aborted) return this.#runWhenFree(statement, options);
    const release = this.#limiter.tryAcquire();
    if (release === undefined) return this.#runWhenFree(statement, options);
    const client = this.#connections.takeIdle();
    if (client === undefined) return this.#runWhenFree(statement, options, release);
    return this.#runOn({ client, release }, statement, options);
  }

  retireConnections(): void {
    this.#connections.retire();
  }

  connections() {
    const { total, idle } = this.#connections;
    return { total, idle, waiting: this.#limiter.waiting };
  }

  close(): Promise<void> {
    this.#closing ??= this.#connections.close();
    return this.#closing;
  }

  /** `reserved`: the place that was got already. */
  async #runWhenFree(
    statement: Statement,
    options: RunOptions,
    reserved?: () => void,
  ): Promise<readonly Row[]> {
    const { signal, write = false } = options;
    const startedMs = performance.now();
    if (this.#closing !== undefined) throw this.#unavailable("its connections are being closed");
    let place: Place;
    try {
      const release = reserved ?? (await this.#limiter.acquire(signal));
      if (signal.aborted) {
        release();
        throw signal.reason;
      }
      place = { release, client: this.#connections.takeIdle() ?? (await this.#open(signal, release)) };
    } catch (error) {
      throw fromPgError(error, { node: this.#options.node, write, sent: false });
    } finally {
      options.waitedMs = performance.now() - startedMs;
    }
    return this.#runOn(place, statement, options);
  }

  /**
   * Abort: rejects at once; the connection is given back, with the place, when statement and cancel have both
   * ended.
   */
  #runOn(place: Place, statement: Statement, options: RunOptions): Promise<readonly Row[]> {
    const { client } = place;
    const { signal, write = false } = options;
    return new Promise((resolve, reject) => {
      let tellEnd: ((error: unknown) => void) | undefined;
      const onAbort = () => {
        reject(write ? this.#outcomeUnknown(signal) : signal.reason);
        const ended = new Promise<unknown>((end) => {
          tellEnd = end;
        });
        void this.#cancel(client, ended)
          .catch(() => true)
          .then((broken) => this.#leave(place, broken));
      };
      this.#query(client, statement, (error, rows) => {
        if (tellEnd !== undefined) return tellEnd(error);
        signal.removeEventListener("abort", onAbort);
        this.#leave(place, error !== undefined && isBroken(error));
        if (error === undefined) resolve(rows);
        // The server refused to run it, so running it again, on another connection, repeats nothing.
        else if (isStalePlan(error)) resolve(this.run({ ...statement, prepare: false }, options));
        else reject(fromPgError(error, { node: this.#options.node, write, sent: true }));
      });
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Abort: rejects at once; the connection, when it opens after all, is kept for others. */
  #open(signal: Cancellation, release: () => void): Promise<PoolClient> {
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#connections.open().then(
        (client) => {
          signal.removeEventListener("abort", onAbort);
          if (signal.aborted) this.#leave({ client, release }, false);
          else resolve(client);
        },
        (error: unknown) => {
          signal.removeEventListener("abort", onAbort);
          release();
          reject(error);
        },
      );
    });
  }

  #query(client: PoolClient, { text, values, prepare }: Statement, onEnd: OnEnd): void {
    if (!prepare) {
      client.query(new PgQuery({ text, values, name: undefined, parsers: undefined }, onEnd));
      return;
    }
    const prepared = this.#preparedOf(text);
    const onPreparedEnd: OnEnd = (error, rows, described) => {
      if (error === undefined) prepared.parsers ??= described;
      else if (isStalePlan(error) || isOrreryError(error, "BUG")) prepared.parsers = undefined;
      onEnd(error, rows, described);
    };
    client.query(new PgQuery({ text, values, ...prepared }, onPreparedEnd));
  }

  #preparedOf(text: string): Prepared {
    const known = this.#prepared.get(text);
    if (known !== undefined) return known;
    const name = `orrery_${createHash("sha256").update(text).digest("base64url").slice(0, 22)}`;
    const prepared = { name, parsers: undefined };
    this.#prepared.set(text, prepared);
    return prepared;
  }

  async #greet(client: PoolClient): Promise<void> {
    const { verify, pool } = this.#options;
    if (verify === undefined) return;
    const hello: QueryConfig & { query_timeout: number } = {
      text: HELLO,
      query_timeout: pool.connectTimeoutMs,
    };
    const { rows } = await client.query(hello).catch((error: unknown) => {
      throw this.#lackOf(error);
    });
    const { cluster_id, group_id, in_recovery, schema_version } = rows[0] ?? {};
    verify({
      clusterId: String(cluster_id),
      group: Number(group_id),
      inRecovery: in_recovery === true,
      schemaVersion: Number(schema_version),
    });
  }

  /**
   * Cancels what the connection runs and waits for both to end, so that a late cancel cannot hit the next
   * statement. Returns true when the connection is of no more use.
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

  #leave({ client, release }: Place, broken: boolean): void {
    this.#connections.giveBack(client, broken);
    release();
  }

  /** A table that `hello` reads and the node lacks is no shard that moved. */
  #lackOf(error: unknown): OrreryError {
    const { node } = this.#options;
    const known = fromPgError(error, { node, write: false, sent: false });
    if (known.code !== "SHARD_MOVING") return known;
    return new OrreryError("NODE_NOT_MIGRATED", `${known.message}: run \`orrery migrate\``, {
      cause: error,
      details: { metadata: { node } },
    });
  }

  #outcomeUnknown(signal: Cancellation): OrreryError {
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

/**
 * False for errors after which the same connection goes on: the server's own, below FATAL, of a usable plan.
 */
function isBroken(error: unknown): boolean {
  const { severity } = error as { severity?: unknown };
  return severity !== "ERROR" || isStalePlan(error);
}
