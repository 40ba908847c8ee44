/** What HNSW indexes weighed when they were built, in a table of the Citus coordinator node. */

import { type NodeDriver, rowsOrThrow } from "../../shards/node-driver.ts";
import { type AdminOptions, withAdminSession } from "../../shards/pg/admin-session.ts";
import type { IndexBaselines } from "../engine.ts";
import { decodeBaseline, PUT_BASELINES, READ_BASELINES } from "../index-baselines-sql.ts";
import { runFenced } from "./sql/fenced.ts";

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
      const statement = { text: READ_BASELINES, values: [], prepare: false };
      return rowsOrThrow(await coordinatorNode.run(statement, { signal })).map(decodeBaseline);
    },
    put: (baselines, { term, shards }, signal) =>
      withAdminSession(admin, signal, async (query) => {
        const values = [JSON.stringify(baselines), shards.map(String)];
        await runFenced(query, term, { text: PUT_BASELINES, values });
      }),
  };
}
