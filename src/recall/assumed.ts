/**
 * What is assumed of an index that was not measured yet: that its vectors are as hard as real word vectors,
 * of which these figures are, and a fifth more. Pure.
 */
import type { RecallSettings, WantedRecall } from "../query/plan/recall-settings.ts";
import type { Quantization } from "../topology/shard-map.ts";
import { fanOutClassOf } from "./classes.ts";
import { MAX_WIDTH } from "./max-width.ts";

/** `ef_search` for recall@10 in a shard of 200,000 rows. What is above the last of them is exact. */
const WIDTHS: readonly (readonly [recall: number, efSearch: number])[] = [
  [0.5, 16],
  [0.8, 40],
  [0.86, 50],
  [0.9, 80],
  [0.92, 120],
  [0.95, 200],
  [0.96, 240],
  [0.986, 480],
  [0.99, 700],
  [0.9945, 1000],
];
const MEASURED_ROWS = 200_000;
/** A shard of which nothing is known. */
const UNKNOWN_ROWS = 1_000_000;
const LEAST_GROWTH = 0.6;

/** Many small graphs find together what one large one finds only with a far wider search. */
const FAN_OUT_FACTORS = { 1: 1, 2: 0.7, 5: 0.35, 17: 0.35 } as const;

/** Up to a recall, candidates of a lossy index as a multiple of the rows wanted; above the last: exact. */
const OVERSAMPLING: Readonly<Record<Quantization, readonly (readonly [recall: number, times: number])[]>> = {
  none: [[1, 1]],
  half: [[1, 2]],
  binary: [
    [0.9, 16],
    [0.95, 32],
    [0.99, 64],
  ],
};

/** Up to a recall, rows to take that a filter holds for, as a multiple of the rows wanted. */
const TAKES: readonly (readonly [recall: number, take: number])[] = [
  [0.85, 1],
  [0.9, 2],
  [0.95, 4],
  [0.99, 8],
  [1, 12],
];

/** `exact` where none of this is sure to reach the target. */
export function assumedSettings(wanted: WantedRecall): RecallSettings | "exact" {
  const { collection, target, topK, shardRows = UNKNOWN_ROWS, fanOut } = wanted;
  const oversampling = upTo(OVERSAMPLING[collection.quantization], target);
  const width = widthOfWords(target);
  if (oversampling === undefined || width === undefined) return "exact";
  const growth = Math.log(Math.max(shardRows, 2)) / Math.log(MEASURED_ROWS);
  // The recall of more rows at one width falls: the more of them, the more of the width is theirs.
  const efSearch = Math.ceil(
    width *
      (growth > 1 ? growth ** 2 : Math.max(growth, LEAST_GROWTH)) *
      FAN_OUT_FACTORS[fanOutClassOf(fanOut)] *
      Math.sqrt(Math.max(topK, 10) / 10),
  );
  const candidates = Math.ceil(oversampling * topK);
  if (efSearch > MAX_WIDTH || candidates > MAX_WIDTH) return "exact";
  return {
    efSearch: Math.max(efSearch, candidates),
    take: upTo(TAKES, target) ?? 1,
    oversampling,
    expected: undefined,
  };
}

/** Between the figures by the logarithms of width and of what is missing. */
function widthOfWords(target: number): number | undefined {
  const above = WIDTHS.findIndex(([recall]) => recall >= target);
  const [reached, before] = [WIDTHS[above], WIDTHS[above - 1]];
  if (reached === undefined || before === undefined) return reached?.[1];
  const loss = (recall: number) => Math.log(1 - recall);
  const part = (loss(before[0]) - loss(target)) / (loss(before[0]) - loss(reached[0]));
  return before[1] * (reached[1] / before[1]) ** part;
}

function upTo(table: readonly (readonly [recall: number, value: number])[], target: number) {
  return table.find(([recall]) => target <= recall)?.[1];
}
