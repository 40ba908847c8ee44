/**
 * What can run a statement on one node. Implemented over `pg` (sockets) and over PGlite (WebAssembly in a
 * worker).
 */
import { OrreryError } from "../errors.ts";
import type { Cancellation } from "../lib/cancellation.ts";
import type { MemoryAccount } from "../lib/memory-budget.ts";
import type { QueueState } from "./admission.ts";
import type { Row, Statement } from "./statement.ts";

/** What a node reports about itself when a connection opens: `orrery.hello()`. */
export interface Hello {
  readonly clusterId: string;
  readonly group: number;
  readonly inRecovery: boolean;
  readonly schemaVersion: number;
}

export interface RunOptions {
  /**
   * Ends the wait: the promise rejects with the signal's reason (an OrreryError) at once, and the statement
   * is cancelled on the server behind the caller's back, as far as the driver can.
   */
  readonly signal: Cancellation;
  /**
   * True for statements that change data: a connection lost while one is under way is WRITE_OUTCOME_UNKNOWN.
   */
  readonly write?: boolean;
  /**
   * What it is for, as `flowOf` names it, which gets its share of the node and no more; undefined: for no
   * request.
   */
  readonly flow?: string | undefined;
  /** The shard that it asks, where that is a single one; it too has a share. */
  readonly shard?: number | undefined;
  /**
   * What the rows are counted in. When it has no more room, they are read to their end without being kept,
   * and the result has the account's error.
   */
  readonly memory?: MemoryAccount | undefined;
}

/** The connections of a driver at present. */
export interface PoolState {
  readonly total: number;
  readonly idle: number;
  readonly queues: readonly QueueState[];
}

/** How a statement ended. */
export interface StatementResult {
  /** Empty beside an error. */
  readonly rows: readonly Row[];
  /** Waiting for a connection, when it failed too. */
  readonly waitedMs: number;
  readonly error: OrreryError | undefined;
}

export interface NodeDriver {
  /**
   * Runs one statement in its own transaction. An OrreryError is in the result; the promise rejects with
   * other errors only.
   *
   * Errors: SHARD_MOVING (`metadata.owner` = group id where the node knows it, `metadata.shard`),
   * NODE_UNAVAILABLE, NODE_MISMATCH, NODE_NOT_MIGRATED, OVERLOADED (it would wait too long for a connection,
   * or too many do), STATEMENT_CONFLICT (serialization, deadlock), LOCK_TIMEOUT (others hold a lock that it
   * needs; nothing was written), STATEMENT_FAILED (any other definite refusal;
   * `metadata.sqlstate`), WRITE_OUTCOME_UNKNOWN (`write`, and the statement was sent), or the signal's
   * reason.
   *
   * Abort: a read leaves nothing behind. A write that was sent may still be applied; the error says so.
   */
  run(statement: Statement, options: RunOptions): Promise<StatementResult>;
  /**
   * Lets what is under way end, then closes every connection. Later calls of `run` end in NODE_UNAVAILABLE.
   */
  close(): Promise<void>;
}

/** The nodes of the present map, by node group. Implemented by the pools (`pg`) and the embedded nodes. */
export interface NodeRunner {
  /**
   * Runs on the primary of `group`. Errors as NodeDriver.run; NODE_UNAVAILABLE when the map has no such
   * group.
   */
  runOn(group: number, statement: Statement, options: RunOptions): Promise<StatementResult>;
}

const NO_ROWS: readonly Row[] = [];

/** The result of a statement that failed. Throws `error` when it is not an OrreryError. */
export function failedResult(error: unknown, waitedMs: number): StatementResult {
  if (error instanceof OrreryError) return { rows: NO_ROWS, waitedMs, error };
  throw error;
}

/** The rows of a statement; throws its error. */
export function rowsOrThrow({ rows, error }: StatementResult): readonly Row[] {
  if (error !== undefined) throw error;
  return rows;
}
