/** Records of operations that have ended, in a table of node group 1. */
import type { FinishedOperations } from "../finished-operations.ts";
import {
  ADD_FINISHED,
  COUNT_FINISHED,
  DELETE_FINISHED,
  LIST_FINISHED,
  READ_FINISHED,
  REPLACE_FINISHED,
} from "../finished-operations-sql.ts";
import { CATALOG_GROUP, type FixedNodes } from "./nodes.ts";
import { notLeader } from "./sql/leadership.ts";

export function createFinishedOperations(nodes: FixedNodes): FinishedOperations {
  const catalogs = (signal: AbortSignal) => nodes.queryOn(CATALOG_GROUP, signal);
  return {
    async get(id, signal) {
      const [row] = await catalogs(signal)(READ_FINISHED, [id]);
      return row === undefined ? undefined : String(row[0]);
    },
    async list(signal) {
      const rows = await catalogs(signal)(LIST_FINISHED);
      return rows.map(([id, json]) => ({ id: String(id), json: String(json) }));
    },
    async count(signal) {
      const rows = await catalogs(signal)(COUNT_FINISHED);
      return rows.map(([kind, state, count]) => ({
        kind: String(kind),
        state: String(state),
        count: Number(count),
      }));
    },
    async add({ id, finishedAtMs, json }, term, signal) {
      const values = [id, finishedAtMs, json];
      if (term === undefined) await catalogs(signal)(ADD_FINISHED, values);
      else if ((await catalogs(signal)(REPLACE_FINISHED, [term, ...values])).length === 0) throw notLeader();
    },
    async deleteBefore(timeMs, term, signal) {
      if ((await catalogs(signal)(DELETE_FINISHED, [term, timeMs])).length === 0) throw notLeader();
    },
  };
}
