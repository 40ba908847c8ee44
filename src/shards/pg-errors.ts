/** Errors of PostgreSQL and of the sockets to it, converted once, by SQLSTATE. */
import { type ErrorCode, OrreryError } from "../errors.ts";

export interface StatementContext {
  /** Node name, for messages. */
  readonly node: string;
  /** True for statements that change data. */
  readonly write: boolean;
  /** True when the statement may have reached the server. */
  readonly sent: boolean;
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
  "55P03": "STATEMENT_CONFLICT", // lock_not_available
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
 * Codes after which a write that was sent may or may not have been applied: the connection is gone, or the
 * statement was cancelled while Citus may already have committed on the node it forwarded to.
 */
const OUTCOME_LOST: ReadonlySet<ErrorCode> = new Set(["NODE_UNAVAILABLE", "DEADLINE_EXCEEDED"]);
/** Citus could not reach the node it would have forwarded the write to, so none of it was applied. */
const NOT_FORWARDED =
  /^connection to the remote node .*(Connection refused|No route to host|Network is unreachable|could not translate host name)/s;

interface PgErrorFields {
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly table?: unknown;
  readonly hint?: unknown;
}

/** Never loses the cause; never puts SQL, values or credentials into the message. */
export function fromPgError(error: unknown, context: StatementContext): OrreryError {
  if (error instanceof OrreryError) return error;
  if (error instanceof TypeError || error instanceof RangeError) {
    return new OrreryError("BUG", `node ${context.node}: ${error.message}`, { cause: error });
  }
  const { code: sqlstate, detail, table, hint } = (error ?? {}) as PgErrorFields;
  const text = error instanceof Error ? error.message : String(error);
  const code = codeOf(sqlstate, text);
  if (context.write && context.sent && OUTCOME_LOST.has(code) && !NOT_FORWARDED.test(text)) {
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
  return new OrreryError(code, messageOf(code, context.node, text), { cause: error, details: { metadata } });
}

function codeOf(sqlstate: unknown, text: string): ErrorCode {
  if (typeof sqlstate !== "string") return "NODE_UNAVAILABLE"; // a socket that closed, or a connect that timed out
  // A missing table of Orrery's own schema is not a shard that moved.
  if (sqlstate === UNDEFINED_TABLE && text.includes('"orrery.')) return "NODE_NOT_MIGRATED";
  const known = CODES[sqlstate];
  if (known !== undefined) return known;
  if (sqlstate.startsWith("08") || !SQLSTATE.test(sqlstate)) return "NODE_UNAVAILABLE"; // 08: connection; else a socket code
  return "STATEMENT_FAILED";
}

function messageOf(code: ErrorCode, node: string, text: string): string {
  switch (code) {
    case "NODE_NOT_MIGRATED":
      return `node ${node} lacks a function, table or right of Orrery (${text}): run \`orrery migrate\`, or grant the right as SECURITY.md says`;
    default:
      return `node ${node}: ${text}`;
  }
}

/** True for "cached plan must not change result type": the table of a prepared statement was replaced. */
export function isStalePlan(error: unknown): boolean {
  return (
    (error as PgErrorFields | undefined)?.code === "0A000" &&
    String((error as Error).message).includes("cached plan")
  );
}
