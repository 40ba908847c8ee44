/**
 * Admin statements of a leader: each carries the term, so that PostgreSQL itself refuses a leader of the
 * past.
 */
import { OrreryError } from "../../errors.ts";
import type { AdminQuery } from "../../shards/pg/admin-session.ts";

/**
 * Runs a statement that returns a row only with `… orrery.leadership … term = $1` holding; the values begin
 * at `$2`. Throws NOT_LEADER when it returns none.
 */
export async function runFenced(
  query: AdminQuery,
  term: number,
  { text, values = [] }: { readonly text: string; readonly values?: readonly unknown[] },
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
