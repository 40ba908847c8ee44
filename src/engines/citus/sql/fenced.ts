/**
 * Admin statements of a leader: each carries the term, so that PostgreSQL itself refuses a leader of the
 * past.
 */
import { OrreryError } from "../../../errors.ts";
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";

/** Returns a row only while `$1` is the term in `orrery.leadership`; `values` begin at `$2`. */
export interface FencedStatement {
  readonly text: string;
  readonly values?: readonly unknown[];
}

/** Throws NOT_LEADER when the statement returns no row. */
export async function runFenced(
  query: AdminQuery,
  term: number,
  { text, values = [] }: FencedStatement,
): Promise<readonly Record<string, unknown>[]> {
  const rows = await query(text, [term, ...values]);
  if (rows.length === 0)
    throw new OrreryError("NOT_LEADER", `term ${term} is over: another leader has begun`);
  return rows;
}

/** `host:port` of a node, apart. */
export function addressOf(node: string): { readonly host: string; readonly port: number } {
  const at = node.lastIndexOf(":");
  return { host: node.slice(0, at), port: Number(node.slice(at + 1)) };
}
