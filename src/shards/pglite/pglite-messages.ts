/** The messages between a PGlite node's driver and its worker thread. One request is under way at a time. */
import type { Row, Statement } from "../statement.ts";

export type PgliteRequest =
  | { readonly kind: "run"; readonly statement: Statement }
  /** The worker closes the database and ends. */
  | { readonly kind: "close" };

export type PgliteReply =
  /** Also the first message, without rows: the database is open. */
  | { readonly kind: "rows"; readonly rows: readonly Row[] }
  | { readonly kind: "error"; readonly error: PgliteErrorFields };

/**
 * The fields of a PostgreSQL error that its conversion reads; errors lose their own fields between threads.
 */
export interface PgliteErrorFields {
  readonly message: string;
  /** SQLSTATE. */
  readonly code: string;
  readonly detail: string | undefined;
  readonly table: string | undefined;
  readonly hint: string | undefined;
  readonly routine: string | undefined;
  readonly position: string | undefined;
  readonly internalPosition: string | undefined;
  readonly internalQuery: string | undefined;
}
