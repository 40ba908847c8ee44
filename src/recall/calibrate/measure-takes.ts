/**
 * Measures how many of the rows that a filter holds for must be taken, before they are ordered exactly, for a
 * recall: by filters that have nothing to do with the vectors.
 */
import type { RecallQuery } from "../../shards/sql/recall.ts";
import { pointOf } from "../curve.ts";
import type { Measured } from "../measured.ts";
import { findTruth, type Subject, scanShards } from "./find-truth.ts";
import { ownWidth } from "./own-links.ts";
import { recallOfTaken } from "./recall-of.ts";
import type { ShardAsker } from "./shard-asker.ts";

export interface TakesWanted extends Omit<Subject, "counted"> {
  readonly queries: readonly RecallQuery[];
  readonly rows: number;
  /** Of the scans, and of a lossy index the candidates, as for searches without a filter. */
  readonly efSearch: number;
  readonly oversampling: number;
  /** As of ClassToMeasure. */
  readonly links: number;
}

const MASKS = [31, 127] as const;
const TAKES = [1, 1.5, 2, 3, 4, 6, 8];
const TOP_K = 10;
/** With fewer records a filter is exact. */
const LEAST_COUNTED = 20 * TOP_K;
/** Each costs a scan of thousands of rows. */
const MOST_QUERIES = 100;

export async function measureTakes(wanted: TakesWanted, asker: ShardAsker): Promise<Measured["takes"]> {
  const { rows, oversampling } = wanted;
  const efSearch = ownWidth(wanted.efSearch, wanted.links);
  const queries = wanted.queries.slice(0, MOST_QUERIES);
  const takes: Measured["takes"] = [];
  for (const mask of MASKS) {
    const part = 1 / (mask + 1);
    if (rows * part < LEAST_COUNTED) continue;
    const subject = { ...wanted, counted: { kind: "mask", mask } } as const;
    const truth = await findTruth(subject, queries, TOP_K, asker);
    const most = Math.ceil(Math.max(...TAKES, oversampling) * TOP_K);
    const recalls = TAKES.map((): number[] => []);
    for (const [place, query] of queries.entries()) {
      const [distances = []] = await scanShards(
        subject,
        query,
        { efSearch, rows: most, scanned: 10_000 },
        asker,
      );
      for (const [index, take] of TAKES.entries()) {
        const taken = Math.ceil(Math.max(take, oversampling) * TOP_K);
        recalls[index]?.push(recallOfTaken(distances, truth[place] ?? [], TOP_K, taken));
      }
    }
    takes.push({ part, points: TAKES.map((take, index) => pointOf(take, recalls[index] ?? [])) });
  }
  return takes;
}
