/** What HNSW indexes weighed when they were built, in a table of the Citus coordinator node. */
import { type AdminOptions, withAdminSession } from "../../shards/admin-session.ts";
import type { NodeDriver } from "../../shards/node-driver.ts";
import type { IndexBaselines } from "../engine.ts";
import { runFenced } from "./fenced.ts";

/** Read by the role that searches, written by the one that changes the cluster. */
export function createIndexBaselines({
  coordinatorNode,
  admin,
}: {
  readonly coordinatorNode: NodeDriver;
  readonly admin: AdminOptions;
}): IndexBaselines {
  return {
    async read(signal) {
      const rows = await coordinatorNode.run(
        {
          text: "SELECT shard_id, build, bytes_per_row FROM orrery.index_baselines",
          values: [],
          prepare: false,
        },
        { signal },
      );
      return rows.map(([shard, build, bytesPerRow]) => ({
        shard: Number(shard),
        build: String(build),
        bytesPerRow: Number(bytesPerRow),
      }));
    },
    put: (baselines, { term, shards }, signal) =>
      withAdminSession(admin, signal, async (query) => {
        await runFenced(query, term, {
          text: PUT,
          values: [JSON.stringify(baselines), shards.map(String)],
        });
      }),
  };
}

const PUT = `WITH present AS (SELECT FROM orrery.leadership WHERE term = $1),
gone AS (DELETE FROM orrery.index_baselines USING present WHERE shard_id <> ALL ($3::bigint[])),
put AS (
  INSERT INTO orrery.index_baselines AS known (shard_id, build, bytes_per_row)
  SELECT b.shard, b.build, b."bytesPerRow" FROM present, json_to_recordset($2::json) AS b (shard bigint, build text, "bytesPerRow" float8)
  ON CONFLICT (shard_id) DO UPDATE SET build = EXCLUDED.build, bytes_per_row = EXCLUDED.bytes_per_row)
SELECT 1 FROM present`;
