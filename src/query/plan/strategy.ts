/**
 * Whether a target is searched through its index or compared row by row, and where a scan of the index ends.
 * Pure.
 *
 *   N rows in the shard, M of them meet scope and filter, S are judged by the filter, k are wanted
 *   exact = M * exactRowUs + S * filterRowUs
 *   ann   = the first batch, and each further row of the N/M * take * k that the scan is likely to return
 *
 * A scan that does not find what it should costs both, so it ends early: after as many rows as the exact
 * comparison costs, or a part of that where it is not expected to be cheaper, and never after more than
 * four times the rows that it is likely to need. An estimate of M that is too high costs little that way, one
 * that is too low much; filters are estimated high (filter-rows.ts).
 */
import type { SearchReason, Strategy } from "../types.ts";
import type { RecallSettings } from "./recall-settings.ts";
import { firstBatchUs, type ScanCosts } from "./scan-costs.ts";

export interface ScanRequest {
  /** Rows wanted of the target. */
  readonly limit: number;
  /** Whether every row of the shard is in scope and no filter is given. */
  readonly isWhole: boolean;
  /** In the shard; undefined without statistics. */
  readonly shardRows: number | undefined;
  /** That meet scope and filter; undefined: nothing is known. */
  readonly matchingRows: number | undefined;
  /** That an exact comparison has to judge by a filter; undefined: nothing is known. */
  readonly touchedRows: number | undefined;
  /** Whether `matchingRows` is from what scans with this filter returned, not expected of it only. */
  readonly isSeen: boolean;
  /** Rows to take from a lossy index before they are ordered exactly; of another one `limit`. */
  readonly candidates: number;
  readonly settings: RecallSettings | "exact";
  readonly costs: ScanCosts;
  /** Up to this many rows are compared, or judged by a filter, whatever that costs. */
  readonly exactMaxRows: number;
}

/** How one target is searched. */
export interface ScanChoice {
  readonly strategy: Strategy;
  readonly reason: SearchReason;
  /** 1-1,000; 0 where the index is not used. */
  readonly efSearch: number;
  /** Rows to take from a lossy index before they are ordered exactly. */
  readonly candidates: number;
  /**
   * Of an index scan for some rows of the shard: it returns `scanned` rows at most, `taken` that are wanted.
   */
  readonly bound: { readonly scanned: number; readonly taken: number } | undefined;
}

/** pgvector's limit of `hnsw.ef_search`. */
export const MAX_EF_SEARCH = 1_000;
/** Of rows that an index scan returns. */
export const MAX_SCANNED = 10_000;
/**
 * The recall of a scan is that of a graph at most, that of an exact comparison is 1, so it may cost more: so
 * many times the first batch of a scan that may fail, or of one that cannot.
 */
const EXACT_WORTH = 3;
const EXACT_WORTH_WHOLE = 1.5;
/**
 * A scan that is not expected to pay has this part of what the exact comparison costs: it may show that more
 * rows meet the filter than expected. Where that was seen before, only that they may be near this query.
 */
const PROBE_SHARE = 1 / 4;
const SEEN_PROBE_SHARE = 1 / 16;
/** Rows that a scan may need more than is likely. */
const SPREAD = 4;
/** Of the shard, that a scan returns at most. */
const SCANNED_SHARE = 1 / 8;

export function exactChoice(reason: SearchReason): ScanChoice {
  return { strategy: "exact", reason, efSearch: 0, candidates: 0, bound: undefined };
}

export function chooseScan(request: ScanRequest): ScanChoice {
  const { settings, shardRows, matchingRows, touchedRows = 0, exactMaxRows, isWhole } = request;
  if (settings === "exact") return exactChoice("recall");
  const scan = widthOf(request, settings);
  if (shardRows === undefined || matchingRows === undefined) {
    if (isWhole) return annChoice(scan, "no_statistics", scan.bound);
    return bounded(scan, takenOf(request, settings), { rows: MAX_EF_SEARCH, reason: "no_statistics" });
  }
  if (Math.max(matchingRows, touchedRows) <= exactMaxRows) return exactChoice("few_rows");
  return costed(request, { shardRows, matchingRows, settings, scan });
}

type Width = Omit<ScanChoice, "strategy" | "reason">;

/** How wide the index is searched, and how many rows of it are taken. */
function widthOf(request: ScanRequest, settings: RecallSettings): Width {
  const { limit, candidates } = request;
  const efSearch = Math.max(settings.efSearch, limit, candidates);
  const taken = takenOf(request, settings);
  return {
    efSearch: Math.min(efSearch, MAX_EF_SEARCH),
    candidates,
    // What does not fit one batch of the scan comes in the order of batches, so more of it is taken.
    bound: efSearch > MAX_EF_SEARCH ? { scanned: taken, taken } : undefined,
  };
}

/** Rows to take of those that meet scope and filter. */
function takenOf({ limit, candidates }: ScanRequest, { take }: RecallSettings): number {
  return Math.min(Math.max(Math.ceil(limit * take), candidates), MAX_SCANNED);
}

interface Estimated {
  readonly shardRows: number;
  readonly matchingRows: number;
  readonly settings: RecallSettings;
  readonly scan: Width;
}

function costed(request: ScanRequest, { shardRows, matchingRows, settings, scan }: Estimated): ScanChoice {
  const { costs, isWhole, isSeen, touchedRows = matchingRows } = request;
  const exactUs = matchingRows * costs.exactRowUs + touchedRows * costs.filterRowUs;
  const batchUs = firstBatchUs(costs, scan.efSearch);
  if (exactUs <= batchUs * (isWhole ? EXACT_WORTH_WHOLE : EXACT_WORTH)) return exactChoice("few_rows");
  if (isWhole) return annChoice(scan, "index", scan.bound);
  const taken = takenOf(request, settings);
  const likely = (taken * shardRows) / matchingRows;
  const annUs = batchUs + costs.scanRowUs * Math.max(0, likely - scan.efSearch);
  const isCheaper = annUs < exactUs;
  const affordable = (exactUs * (isCheaper ? 1 : isSeen ? SEEN_PROBE_SHARE : PROBE_SHARE)) / costs.scanRowUs;
  const rows = Math.min(affordable, SPREAD * likely, shardRows * SCANNED_SHARE);
  return bounded(scan, taken, { rows, reason: isCheaper ? "index" : "probe" });
}

/** A scan for some rows of the shard. */
function bounded(
  scan: Width,
  taken: number,
  { rows, reason }: { readonly rows: number; readonly reason: SearchReason },
): ScanChoice {
  const scanned = Math.max(2 * scan.efSearch, taken, Math.ceil(rows));
  return annChoice(scan, reason, { scanned: Math.min(scanned, MAX_SCANNED), taken });
}

function annChoice(
  { efSearch, candidates }: Width,
  reason: SearchReason,
  bound: ScanChoice["bound"],
): ScanChoice {
  return { strategy: "ann", reason, efSearch, candidates, bound };
}
