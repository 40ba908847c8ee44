/** What was measured of the recall of indexes, in a table of node group 1. */
import { OrreryError } from "../../errors.ts";
import {
  DELETE_OTHER_LINES,
  decodeCalibration,
  FORGET_DROPPED,
  PUT_CALIBRATIONS,
  READ_CALIBRATIONS,
} from "../calibrations-sql.ts";
import type { Calibrations } from "../engine.ts";
import { CATALOG_GROUP, type FixedNodes } from "./nodes.ts";

export function createCalibrations(nodes: FixedNodes): Calibrations {
  const catalogs = (signal: AbortSignal) => nodes.queryOn(CATALOG_GROUP, signal);
  return {
    read: async (signal) => (await catalogs(signal)(READ_CALIBRATIONS)).map(decodeCalibration),
    async put(lines, { term }, signal) {
      const [first] = lines;
      if (first === undefined) return;
      const query = catalogs(signal);
      const rows = await query(PUT_CALIBRATIONS, [term, JSON.stringify(lines)]);
      if (rows.length === 0)
        throw new OrreryError("NOT_LEADER", `term ${term} is over: another leader has begun`);
      const kept = lines.map(({ namespace }) => namespace);
      await query(DELETE_OTHER_LINES, [first.collectionId, first.sizeClass, first.fanOut, kept]);
    },
    async forgetDropped(_, signal) {
      await catalogs(signal)(FORGET_DROPPED);
    },
  };
}
