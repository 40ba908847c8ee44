/**
 * Stores the vectors of a distributed table in its rows. Citus passes no change of storage on to shards, so
 * each node is told for itself: about its copy of the distributed table, by which shards are made that move
 * there, and about its shards. The rows themselves are written by way of the distributed table, like all
 * others.
 */
import { OrreryError } from "../../errors.ts";
import { type AdminOptions, type AdminQuery, withAdminSession } from "../../shards/pg/admin-session.ts";
import { inlineStorageSql } from "../collection-ddl.ts";
import type { UpdateRun } from "../collection-updates.ts";
import { inlineRows, rewriteRows } from "../inline-rows.ts";
import { qualified, shardRelation } from "./schema.ts";

const LOCK_TIMEOUT = "2s";
const KEEP_ALIVE_MS = 4_000;

/** For the nodes that have the table, and for its shards, whose names Citus puts in place of `%s`. */
const ON_NODES = "SELECT success, result FROM run_command_on_all_nodes($1)";
const ON_SHARDS = "SELECT success, result FROM run_command_on_shards($1, $2)";

/** As one statement, which is all that Citus passes on. Its lock is exclusive, and held for a moment. */
const alter = (relation: string) => `DO $do$ BEGIN
  PERFORM pg_catalog.set_config('citus.enable_ddl_propagation', 'off', true),
    pg_catalog.set_config('citus.enable_manual_changes_to_shards', 'on', true),
    pg_catalog.set_config('lock_timeout', '${LOCK_TIMEOUT}', true);
  ${inlineStorageSql(relation)};
END $do$`;

const LIST_SHARDS = `SELECT s.shardid::int8 AS id, n.nodename || ':' || n.nodeport AS node
FROM pg_dist_shard s JOIN pg_dist_placement p USING (shardid)
JOIN pg_dist_node n ON n.groupid = p.groupid AND n.noderole = 'primary'
WHERE s.logicalrelid = $1::regclass ORDER BY s.shardid`;

const DIMENSION = "SELECT dimension FROM orrery.collections WHERE table_name = $1";

export async function storeInline(
  query: AdminQuery,
  table: string,
  { signal, report, adminOf }: UpdateRun & { readonly adminOf: (node: string) => AdminOptions },
): Promise<void> {
  const [collection] = await query(DIMENSION, [table]);
  const dimension = Number(collection?.dimension);
  refuseFailure(await query(ON_NODES, [alter(qualified(table))]));
  refuseFailure(await query(ON_SHARDS, [qualified(table), alter("%s")]));
  const shards = await query(LIST_SHARDS, [qualified(table)]);
  // The session has the lock, and would end for doing nothing.
  const keepAlive = setInterval(() => void query("SELECT 1").catch(() => {}), KEEP_ALIVE_MS);
  try {
    for (const [at, { id, node }] of shards.entries()) {
      const done = (rows: number) =>
        report(at / shards.length, `shard ${at + 1} of ${shards.length}: ${rows} rows written anew`);
      done(0);
      const statements = inlineRows(
        { read: shardRelation(table, Number(id)), write: qualified(table) },
        dimension,
      );
      await withAdminSession(adminOf(String(node)), signal, async (onNode) => {
        await onNode(`SET lock_timeout TO '${LOCK_TIMEOUT}'`);
        await rewriteRows(
          {
            next: async (shardKey, key) =>
              (await onNode(statements.next, [shardKey, key])).map(
                (row) => [String(row.shard_key), String(row.key)] as const,
              ),
            rewrite: async (shardKeys, keys) => {
              await onNode(statements.rewrite, [shardKeys, keys]);
            },
            rewritten: done,
          },
          signal,
        );
      });
    }
  } finally {
    clearInterval(keepAlive);
  }
}

function refuseFailure(rows: readonly Record<string, unknown>[]): void {
  const failed = rows.find(({ success }) => success !== true);
  if (failed !== undefined)
    throw new OrreryError("LOCK_TIMEOUT", `the storage of a shard was not changed: ${failed.result}`);
}
