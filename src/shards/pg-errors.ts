/** Errors of PostgreSQL and of the sockets to it, converted once, by SQLSTATE. */
import { type ErrorCode, OrreryError } from "../errors.ts";

export interface StatementContext {
  /** Node name, for messages. */
  readonly node: string;
  /** True for statements that change data. */
  readonly write: boolean;
  /** True when the statement may have reached the server. */
  readonly sent: boolean;
  /** Of the statement, to see which relation of it is missing. */
  readonly text?: string | undefined;
}

/** Raised by `orrery.shard_read`. */
const FENCED = "OR001";
/** No SQLSTATE class begins with E, as codes of sockets do (EPIPE has five letters too). */
const SQLSTATE = /^[0-9A-DF-Z][0-9A-Z]{4}$/;
/** Raised by `orrery.clean_up`. */
const TERM_IS_OVER = "OR003";
const UNDEFINED_TABLE = "42P01";

const CODES: Readonly<Record<string, ErrorCode>> = {
  [FENCED]: "SHARD_MOVING",
  [UNDEFINED_TABLE]: "SHARD_MOVING",
  [TERM_IS_OVER]: "NOT_LEADER",
  "42883": "NODE_NOT_MIGRATED", // undefined_function
  "42501": "NODE_NOT_MIGRATED", // insufficient_privilege
  "3F000": "NODE_NOT_MIGRATED", // invalid_schema_name
  "40001": "STATEMENT_CONFLICT", // serialization_failure; Citus: the shard has been split
  "40P01": "STATEMENT_CONFLICT", // deadlock_detected
  "55P03": "LOCK_TIMEOUT", // lock_not_available
  "25006": "NODE_MISMATCH", // read_only_sql_transaction: no longer the primary
  "53200": "OVERLOADED", // out_of_memory
  "53300": "NODE_UNAVAILABLE", // too_many_connections
  "57014": "DEADLINE_EXCEEDED", // query_canceled: by us, or statement_timeout
  "57P01": "NODE_UNAVAILABLE", // admin_shutdown
  "57P02": "NODE_UNAVAILABLE", // crash_shutdown
  "57P03": "NODE_UNAVAILABLE", // cannot_connect_now
  "57P05": "NODE_UNAVAILABLE", // idle_session_timeout, just as the statement was sent
  "08P01": "STATEMENT_FAILED", // protocol_violation: a bug of ours; the connection stays usable
  "28000": "CONFIG_INVALID", // invalid_authorization_specification
  "28P01": "CONFIG_INVALID", // invalid_password
  "3D000": "CONFIG_INVALID", // invalid_catalog_name
};

/**
 * Classes of SQLSTATE that can strike at any moment: connection, resources, intervention, system, internal. A
 * write that Citus forwards is committed on the owning node before its result is read, so none of them proves
 * that it was not applied. Nor can Citus be asked why it did not reach a node: refused and broken connections
 * differ only in their text, and a result lost half-way is an internal error (XX000).
 */
const AT_ANY_MOMENT: ReadonlySet<string> = new Set(["08", "53", "57", "58", "F0", "XX"]);
const DEADLOCK_DETECTED = "40P01";
/** Where PostgreSQL ends a cancelled statement: Citus gives such a cancel the code of a deadlock. */
const CANCEL_ROUTINE = "ProcessInterrupts";

interface PgErrorFields {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly table?: unknown;
  readonly hint?: unknown;
  /** Where in PostgreSQL's source it was raised; the same in every language. */
  readonly routine?: unknown;
  /** Counted from 1, in characters of the statement. */
  readonly position?: unknown;
  /** The same in `internalQuery`, a statement inside a function. */
  readonly internalPosition?: unknown;
  readonly internalQuery?: unknown;
}

/** Never loses the cause; never puts SQL, values or credentials into the message. */
export function fromPgError(error: unknown, context: StatementContext): OrreryError {
  if (error instanceof OrreryError) return error;
  if (error instanceof TypeError || error instanceof RangeError) {
    return new OrreryError("BUG", `node ${context.node}: ${error.message}`, { cause: error });
  }
  const fields = (error ?? {}) as PgErrorFields;
  const { code: sqlstate, detail, table, hint } = fields;
  const text = error instanceof Error ? error.message : String(error);
  const code = codeOf(fields, context.text);
  if (context.write && context.sent && !provesNotApplied(fields)) {
    return new OrreryError(
      "WRITE_OUTCOME_UNKNOWN",
      `node ${context.node}: the write may or may not have been applied (${text})`,
      {
        cause: error,
        details: { metadata: { node: context.node } },
      },
    );
  }
  const metadata: Record<string, string> = { node: context.node };
  if (typeof sqlstate === "string" && SQLSTATE.test(sqlstate)) metadata.sqlstate = sqlstate;
  if (sqlstate === FENCED) {
    if (typeof table === "string") metadata.shard = table;
    if (typeof detail === "string" && /^\d+$/.test(detail)) metadata.owner = detail;
    if (hint === "committing") metadata.committing = "true";
  }
  return new OrreryError(code, messageOf(code, context, text), { cause: error, details: { metadata } });
}

/** Whether a write that was sent and ended in this error has certainly not been applied. */
function provesNotApplied({ code, routine }: PgErrorFields): boolean {
  if (typeof code !== "string" || !SQLSTATE.test(code)) return false; // a socket's, or of no server at all
  if (AT_ANY_MOMENT.has(code.slice(0, 2))) return false;
  return code !== DEADLOCK_DETECTED || routine !== CANCEL_ROUTINE;
}

function codeOf(fields: PgErrorFields, text: string | undefined): ErrorCode {
  const { code: sqlstate } = fields;
  if (typeof sqlstate !== "string") return "NODE_UNAVAILABLE"; // a socket that closed, or a connect that timed out
  // A missing table of Orrery's own schema is not a shard that moved.
  if (sqlstate === UNDEFINED_TABLE && namesOwnTable(fields, text)) return "NODE_NOT_MIGRATED";
  const known = CODES[sqlstate];
  if (known !== undefined) return known;
  if (sqlstate.startsWith("08") || !SQLSTATE.test(sqlstate)) return "NODE_UNAVAILABLE"; // 08: connection; else a socket code
  return "STATEMENT_FAILED";
}

/** Whether the error points at a relation of the schema `orrery`. */
function namesOwnTable(fields: PgErrorFields, text: string | undefined): boolean {
  const { position, internalPosition, internalQuery } = fields;
  return (
    /^"?orrery"?\./i.test(textAt(text, position)) ||
    /^"?orrery"?\./i.test(textAt(internalQuery, internalPosition))
  );
}

const LONGEST_QUALIFIER = '"orrery".'.length;

/** What stands at the position, which counts characters and not units of UTF-16. */
function textAt(text: unknown, position: unknown): string {
  const at = Number(position);
  if (typeof text !== "string" || !(at >= 1)) return "";
  return Array.from(text)
    .slice(at - 1, at - 1 + LONGEST_QUALIFIER)
    .join("");
}

function messageOf(code: ErrorCode, { node, write }: StatementContext, text: string): string {
  switch (code) {
    case "NODE_NOT_MIGRATED":
      return `node ${node} lacks a function, table or right of Orrery (${text}): run \`orrery migrate\`, or grant the right as SECURITY.md says`;
    case "LOCK_TIMEOUT":
      return `node ${node}: another transaction holds a lock that the statement needs (${text})${write ? "; nothing was written" : ""}`;
    default:
      return `node ${node}: ${text}`;
  }
}

/** True when the table of a prepared statement was replaced ("cached plan must not change result type"). */
export function isStalePlan(error: unknown): boolean {
  const { code, routine } = (error ?? {}) as PgErrorFields;
  return code === "0A000" && routine === "RevalidateCachedQuery";
}

/** Raised in a session that can only read, and so by every write of it, for as long as it lives. */
export function isReadOnlySession(error: unknown): boolean {
  return (error as PgErrorFields | undefined)?.code === "25006";
}

/**
 * Errors that the session itself may be the cause of, and would give again: the state of its transaction
 * (class 25), statements that it has lost or has too many of (26, 42P05), its memory (53200), its caches
 * (XX), a stale plan.
 */
export function blamesSession(error: unknown): boolean {
  const { code } = (error ?? {}) as PgErrorFields;
  if (typeof code !== "string") return true;
  return /^(25|26|XX)/.test(code) || code === "42P05" || code === "53200" || isStalePlan(error);
}
