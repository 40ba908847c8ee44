/** What HNSW indexes weighed when they were built, in a table of node group 1. */
import { OrreryError } from "../../errors.ts";
import type { IndexBaselines } from "../engine.ts";
import { decodeBaseline, PUT_BASELINES, READ_BASELINES } from "../index-baselines-sql.ts";
import { CATALOG_GROUP, type FixedNodes } from "./nodes.ts";

export function createIndexBaselines(nodes: FixedNodes): IndexBaselines {
  const catalogs = (signal: AbortSignal) => nodes.queryOn(CATALOG_GROUP, signal);
  return {
    read: async (signal) => (await catalogs(signal)(READ_BASELINES)).map(decodeBaseline),
    async put(baselines, { term, shards }, signal) {
      const rows = await catalogs(signal)(PUT_BASELINES, [term, JSON.stringify(baselines), shards]);
      if (rows.length === 0)
        throw new OrreryError("NOT_LEADER", `term ${term} is over: another leader has begun`);
    },
  };
}
