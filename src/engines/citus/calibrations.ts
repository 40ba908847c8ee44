/** What was measured of the recall of indexes, in a reference table, which every node has. */

import { OrreryError } from "../../errors.ts";
import { withTimeLimit } from "../../lib/time-limit.ts";
import { type NodeDriver, type NodeRunner, rowsOrThrow } from "../../shards/node-driver.ts";
import { type AdminOptions, withAdminSession, withAdminTransaction } from "../../shards/pg/admin-session.ts";
import type { GroupId } from "../../topology/shard-map.ts";
import {
  DELETE_OTHER_LINES,
  decodeCalibration,
  FORGET_DROPPED,
  PUT_CALIBRATIONS,
  READ_CALIBRATIONS,
} from "../calibrations-sql.ts";
import type { Calibrations } from "../engine.ts";
import { runFenced } from "./sql/fenced.ts";

/** How long the Citus coordinator node may take before another one is asked. */
const READ_MS = 3_000;

/** Read by the role that searches, written by the one that changes the cluster. */
export function createCalibrations({
  coordinatorNode,
  nodes,
  metadataGroups,
  admin,
}: {
  readonly coordinatorNode: NodeDriver;
  readonly nodes: NodeRunner;
  readonly metadataGroups: () => readonly GroupId[];
  readonly admin: AdminOptions;
}): Calibrations {
  const statement = { text: READ_CALIBRATIONS, values: [], prepare: false };
  return {
    async read(signal) {
      const late = () => new OrreryError("NODE_UNAVAILABLE", "no calibrations in time");
      const limit = withTimeLimit(signal, READ_MS, late);
      try {
        const result = await coordinatorNode.run(statement, { signal: limit.signal });
        return rowsOrThrow(result).map(decodeCalibration);
      } catch (error) {
        signal.throwIfAborted();
        const [other] = metadataGroups();
        if (other === undefined) throw error;
        return rowsOrThrow(await nodes.runOn(other, statement, { signal })).map(decodeCalibration);
      } finally {
        limit.clear();
      }
    },
    async put(lines, { term }, signal) {
      const [first] = lines;
      if (first === undefined) return;
      const { collectionId, sizeClass, fanOut } = first;
      await withAdminTransaction(admin, signal, async (query) => {
        await runFenced(query, term, { text: PUT_CALIBRATIONS, values: [JSON.stringify(lines)] });
        const kept = lines.map(({ namespace }) => namespace);
        await query(DELETE_OTHER_LINES, [collectionId, sizeClass, fanOut, kept]);
      });
    },
    forgetDropped: (_, signal) =>
      withAdminSession(admin, signal, async (query) => {
        await query(FORGET_DROPPED, []);
      }),
  };
}
