/**
 * Rows whose vectors lie beside them (TOAST), and how they are written anew, so that PostgreSQL stores them
 * by the present settings of their columns: what is not computed anew stays where it is. Pure but for the
 * pauses.
 */
import { pause } from "../lib/pause.ts";

/** Of rows that are locked at the same time, each for about a millisecond. */
const BATCH = 50;
/** Of what a batch took, until the next one: the rest of the node's time is for searches. */
const REST = 1;

/** The statements for the shard table, or the distributed table, of rows. */
export interface InlineRows {
  /** Of the next rows in the order of their keys: shard key and key. */
  readonly next: string;
  readonly rewrite: string;
}

/** `read`, `write`: the relations to read from and to write to, quoted, with schema. */
export function inlineRows(
  { read, write }: { readonly read: string; readonly write: string },
  dimension: number,
): InlineRows {
  // Of a vector in its row the length is counted with the four bytes that say it.
  const inline = 4 * dimension + 8;
  return {
    next: `SELECT shard_key, key FROM ${read} WHERE (shard_key, key) > ($1::text, $2::text)
AND pg_column_size(embedding) <> ${inline} ORDER BY shard_key, key LIMIT ${BATCH}`,
    rewrite: `UPDATE ${write} AS t SET embedding = subvector(t.embedding, 1, ${dimension}), metadata = t.metadata || '{}',
  tags = t.tags || '{}' FROM unnest($1::text[], $2::text[]) AS w (shard_key, key)
WHERE t.shard_key = w.shard_key AND t.key = w.key AND t.shard_key = ANY($1::text[])`,
  };
}

export interface RewriteDeps {
  /** The rows that `InlineRows.next` finds after this one. */
  readonly next: (shardKey: string, key: string) => Promise<readonly (readonly [string, string])[]>;
  readonly rewrite: (shardKeys: readonly string[], keys: readonly string[]) => Promise<void>;
  /** Called after each batch with the number of rows so far. */
  readonly rewritten: (rows: number) => void;
}

/** Throws the signal's reason between two batches. */
export async function rewriteRows(
  { next, rewrite, rewritten }: RewriteDeps,
  signal: AbortSignal,
): Promise<void> {
  let rows = 0;
  for (let last: readonly [string, string] = ["", ""]; ; ) {
    signal.throwIfAborted();
    const startedMs = performance.now();
    const batch = await next(...last);
    const end = batch.at(-1);
    if (end === undefined) return;
    await rewrite(
      batch.map(([shardKey]) => shardKey),
      batch.map(([, key]) => key),
    );
    last = end;
    rows += batch.length;
    rewritten(rows);
    await pause(REST * (performance.now() - startedMs), signal);
  }
}
