/** A NodeDriver over a pool of `pg` connections to one PostgreSQL server. */
import type { PoolClient } from "pg";
import { OrreryError } from "../../errors.ts";
import type { Cancellation } from "../../lib/cancellation.ts";
import { TurnQueue } from "../../lib/turns.ts";
import { Admission } from "../admission.ts";
import {
  failedResult,
  type Hello,
  type NodeDriver,
  type PoolState,
  type RunOptions,
  type StatementResult,
} from "../node-driver.ts";
import { blamesSession, fromPgError, isReadOnlySession, isStalePlan } from "../pg-errors.ts";
import { bytesOf, type Statement } from "../statement.ts";
import { assertPgInternals } from "./assert-pg-internals.ts";
import { encodeInTurns } from "./bind-message.ts";
import { cancelStatement } from "./cancel-statement.ts";
import { clientConfig } from "./client-config.ts";
import { PgConnections } from "./pg-connections.ts";
import type { PgEnd } from "./pg-query.ts";
import { type PoolSettings, sessionOptions } from "./pg-session.ts";
import { PreparedStatements, type SentStatement } from "./prepared-statements.ts";
import { readHello, readPid } from "./read-hello.ts";
import { poolerRefusal, refusePooler } from "./refuse-pooler.ts";
import { isTooLateToSend, shorterLockTimeoutMs } from "./write-time.ts";

export interface PgDriverOptions {
  /** For messages and logs; never the URL, which may hold a password. */
  readonly node: string;
  readonly url: string;
  readonly pool: PoolSettings;
  /**
   * Gets what the server reports about itself on each new connection, and throws to refuse it. Without it the
   * server is not asked, which works before the first migration too.
   */
  readonly verify?: (hello: Hello) => void;
  /** Where large writes wait for their turns to be encoded. Default: one of its own. */
  readonly turns?: TurnQueue;
  /** 0 to 1; spreads the ends of the connections' lifetimes. */
  readonly random: () => number;
}

export interface PgDriver extends NodeDriver {
  /**
   * Replaces every present connection when it is next given back: statements prepared on it may name shards
   * that have moved away.
   */
  retireConnections(): void;
  connections(): PoolState;
}

/** The values of larger writes are encoded in turns with other work. */
const LARGE_WRITE_BYTES = 128 * 1024;

/** A connection in use, with its slot of the pool. */
interface Slot {
  readonly client: PoolClient;
  /** What the slot was given to. */
  readonly work: RunOptions;
  /** How long the statement waited for it. */
  readonly waitedMs: number;
}

export function createPgDriver(options: PgDriverOptions): PgDriver {
  assertPgInternals();
  return new PoolDriver(options);
}

class PoolDriver implements PgDriver {
  readonly #options: PgDriverOptions;
  readonly #connections: PgConnections;
  readonly #admission: Admission;
  readonly #statements: PreparedStatements;
  readonly #turns: TurnQueue;
  #closing: Promise<void> | undefined;

  constructor(options: PgDriverOptions) {
    this.#options = options;
    const { pool, node, random, turns = new TurnQueue() } = options;
    this.#turns = turns;
    this.#admission = new Admission(pool, node);
    this.#statements = new PreparedStatements(pool.preparedStatements);
    this.#connections = new PgConnections({
      config: {
        ...clientConfig(options.url, {
          applicationName: "orrery",
          options: sessionOptions(pool),
          connectTimeoutMs: pool.connectTimeoutMs,
        }),
        max: pool.max,
      },
      greet: (client) => this.#greet(client),
      maxLifetimeMs: pool.maxLifetimeMs,
      maxUses: pool.maxUses,
      random,
    });
  }

  run(statement: Statement, options: RunOptions): Promise<StatementResult> {
    if (options.write === true && bytesOf(statement) > LARGE_WRITE_BYTES) {
      return this.#runLarge(statement, options);
    }
    return this.#run(statement, options);
  }

  async #runLarge(statement: Statement, options: RunOptions): Promise<StatementResult> {
    const encoded = await encodeInTurns(statement.values, this.#turns);
    return this.#run({ ...statement, encoded }, options);
  }

  #run(statement: SentStatement, options: RunOptions): Promise<StatementResult> {
    const { signal } = options;
    if (this.#closing !== undefined || signal.aborted) return this.#runWhenFree(statement, options);
    if (!this.#admission.tryAcquire(options)) return this.#runWhenFree(statement, options);
    const client = this.#connections.takeIdle();
    if (client === undefined) return this.#runWhenFree(statement, options, "admitted");
    return this.#runOn({ client, work: options, waitedMs: 0 }, statement, options);
  }

  retireConnections(): void {
    this.#connections.retire();
  }

  connections(): PoolState {
    const { total, idle } = this.#connections;
    return { total, idle, queues: this.#admission.queues() };
  }

  close(): Promise<void> {
    this.#closing ??= this.#connections.close();
    return this.#closing;
  }

  /** `admitted`: it has its slot already. */
  async #runWhenFree(
    statement: SentStatement,
    options: RunOptions,
    admitted?: "admitted",
  ): Promise<StatementResult> {
    const { signal, write = false } = options;
    const startedMs = performance.now();
    let slot: Slot;
    try {
      if (this.#closing !== undefined) throw this.#unavailable("its connections are being closed");
      if (admitted === undefined) await this.#admission.acquire(options, bytesOf(statement));
      if (signal.aborted) {
        this.#admission.release(options);
        throw signal.reason;
      }
      const client = this.#connections.takeIdle() ?? (await this.#open(options));
      slot = { work: options, client, waitedMs: performance.now() - startedMs };
      if (write && isTooLateToSend(timeLeftMs(signal), slot.waitedMs)) {
        this.#releaseSlot(slot, false);
        throw new OrreryError("DEADLINE_EXCEEDED", `node ${this.#options.node}: no time was left to write`);
      }
    } catch (cause) {
      const error = fromPgError(cause, { node: this.#options.node, write, sent: false });
      return failedResult(error, performance.now() - startedMs);
    }
    return this.#runOn(slot, statement, options);
  }

  /**
   * On abort the promise settles at once; the connection is released once both the statement and its
   * cancellation have finished.
   */
  #runOn(slot: Slot, statement: SentStatement, options: RunOptions): Promise<StatementResult> {
    const { client, waitedMs } = slot;
    const { signal, write = false } = options;
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        if (error instanceof OrreryError) resolve(failedResult(error, waitedMs));
        else reject(error);
      };
      let onStatementEnd: ((end: PgEnd) => void) | undefined;
      const onAbort = () => {
        fail(write ? this.#outcomeUnknown(signal) : signal.reason);
        const ended = new Promise<PgEnd>((resolveEnd) => {
          onStatementEnd = resolveEnd;
        });
        void this.#cancel(client, ended)
          .catch(() => true)
          .then((broken) => this.#releaseSlot(slot, broken));
      };
      const lockTimeoutMs = write
        ? shorterLockTimeoutMs(timeLeftMs(signal), this.#options.pool.lockTimeoutMs)
        : undefined;
      const sent = lockTimeoutMs === undefined ? statement : { ...statement, lockTimeoutMs };
      const onEnd = (end: PgEnd) => {
        if (onStatementEnd !== undefined) return onStatementEnd(end);
        signal.removeEventListener("abort", onAbort);
        const { error, rows } = end;
        // All of them began while the server gave them no more, and would refuse writes one after another.
        if (isReadOnlySession(error)) this.#connections.replaceAll();
        this.#releaseSlot(slot, isSpent(end));
        if (error === undefined) resolve({ rows, waitedMs, error });
        // The server refused to run it, so running it again, on another connection, repeats nothing.
        else if (isStalePlan(error)) resolve(this.#runUnprepared(statement, options, waitedMs));
        else fail(fromPgError(error, { node: this.#options.node, write, sent: true, text: statement.text }));
      };
      this.#statements.send(client, sent, { onEnd, memory: options.memory });
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  async #runUnprepared(
    statement: SentStatement,
    options: RunOptions,
    waitedBeforeMs: number,
  ): Promise<StatementResult> {
    const result = await this.#run({ ...statement, prepare: false }, options);
    return { ...result, waitedMs: waitedBeforeMs + result.waitedMs };
  }

  /** Abort: rejects at once; should the connection open after all, others can use it. */
  #open(work: RunOptions): Promise<PoolClient> {
    const { signal } = work;
    return new Promise((resolve, reject) => {
      const onAbort = () => reject(signal.reason);
      signal.addEventListener("abort", onAbort, { once: true });
      this.#connections.open().then(
        (client) => {
          signal.removeEventListener("abort", onAbort);
          if (signal.aborted) this.#releaseSlot({ client, work }, false);
          else resolve(client);
        },
        (error: unknown) => {
          signal.removeEventListener("abort", onAbort);
          this.#admission.release(work);
          reject(poolerRefusal(error, this.#options.node) ?? error);
        },
      );
    });
  }

  async #greet(client: PoolClient): Promise<void> {
    const { verify, node, pool } = this.#options;
    const limits = { node, timeoutMs: pool.connectTimeoutMs };
    refusePooler(client, node, await readPid(client, limits));
    if (verify !== undefined) verify(await readHello(client, limits));
  }

  /** Resolves when the statement and its cancel have ended, with whether to close the connection. */
  async #cancel(client: PoolClient, ended: Promise<PgEnd>): Promise<boolean> {
    const end = await cancelStatement(client, ended);
    if (end !== "too late") return isSpent(end);
    // The others may lead nowhere as well, and each would cost a request all of its time.
    this.#connections.probeIdle();
    return true;
  }

  #releaseSlot({ client, work }: Pick<Slot, "client" | "work">, broken: boolean): void {
    this.#connections.giveBack(client, broken);
    this.#admission.release(work);
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

function timeLeftMs({ deadlineMs = Number.POSITIVE_INFINITY }: Cancellation): number {
  return deadlineMs - performance.now();
}

/** True when the connection must not be used again: it is lost, or its session would fail again. */
function isSpent({ error, ready }: PgEnd): boolean {
  return !ready || (error !== undefined && blamesSession(error));
}
