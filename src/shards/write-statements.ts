/** The statements of the write path as one value, so that the write stages import only types. */
import {
  deleteStatement,
  deleteVersionsStatement,
  firstKeysStatement,
  versionsStatement,
} from "./sql/delete.ts";
import { decodeWritten, replaceStatement, updateStatement, upsertStatement } from "./sql/upsert.ts";

export const writeStatements = {
  upsertStatement,
  updateStatement,
  replaceStatement,
  decodeWritten,
  deleteStatement,
  versionsStatement,
  firstKeysStatement,
  deleteVersionsStatement,
} as const;

export type WriteStatements = typeof writeStatements;
