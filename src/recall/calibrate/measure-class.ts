/** Measures one class: at which width the index of these shards has which recall. */
import type { RecallQuery } from "../../shards/sql/recall.ts";
import type { Quantization, Shard } from "../../topology/shard-map.ts";
import { pointOf, type RecallPoint, widthFor } from "../curve.ts";
import { MAX_WIDTH } from "../max-width.ts";
import type { MeasuredCurve } from "../measured.ts";
import { findTruth, type Subject, scanShards } from "./find-truth.ts";
import { ownWidth, withNarrow } from "./own-links.ts";
import { recallOfQuery } from "./recall-of.ts";
import type { ShardAsker } from "./shard-asker.ts";

export interface ClassToMeasure extends Subject {
  readonly queries: readonly RecallQuery[];
  readonly rowsOf: (shard: Shard) => number;
  /** `ownLinks` for queries that are stored vectors, else 0. */
  readonly links: number;
  /** Recalls that searches want; at what reaches them one more width is measured. */
  readonly targets: readonly number[];
}

export interface MeasuredClass {
  readonly curves: readonly MeasuredCurve[];
  /** By query, of the largest number of rows that was measured. */
  readonly truth: readonly (readonly number[])[];
}

const WIDTHS = [10, 20, 40, 80, 160, 320, 640, MAX_WIDTH];
/** Rows wanted. */
export const MEASURED_TOP_KS = [10, 100] as const;
const OVERSAMPLINGS: Readonly<Record<Quantization, readonly number[]>> = {
  none: [1],
  half: [1, 2, 4],
  binary: [1, 2, 4, 8, 16, 32, 64],
};
/** Wider searches would tell nothing. */
const ENOUGH = 0.999;
/** A width so near to one that was measured is not measured again. */
const NEAR = 1.05;

/** Stops at the width that finds nearly all. */
export async function measureClass(wanted: ClassToMeasure, asker: ShardAsker): Promise<MeasuredClass> {
  const truth = await findTruth(wanted, wanted.queries, Math.max(...MEASURED_TOP_KS), asker);
  const curves = new Curves(wanted, truth);
  for (const width of widthsOf(wanted)) {
    if (curves.isDone()) break;
    await curves.measure(width, asker);
  }
  for (const target of wanted.targets) {
    for (const topK of MEASURED_TOP_KS) {
      const width = curves.unsureWidth(topK, target);
      if (width !== undefined) await curves.measure(width, asker);
    }
  }
  return { curves: curves.complete(), truth };
}

/** Of one shard, those that its own vectors are searched at, for what that is worth to others. */
function widthsOf({ shards, links }: ClassToMeasure): readonly number[] {
  if (shards.length > 1) return WIDTHS;
  return WIDTHS.map((width) => Math.min(width + links, MAX_WIDTH));
}

class Curves {
  readonly #wanted: ClassToMeasure;
  readonly #truth: readonly (readonly number[])[];
  readonly #isLossy: boolean;
  readonly #shares: readonly number[];
  readonly #oversamplings: readonly number[];
  readonly #points = new Map<string, MeasuredCurve>();

  constructor(wanted: ClassToMeasure, truth: readonly (readonly number[])[]) {
    this.#wanted = wanted;
    this.#truth = truth;
    const { collection, shards, rowsOf } = wanted;
    const rows = shards.map(rowsOf);
    const total = rows.reduce((sum, of) => sum + of, 0);
    this.#shares = rows.map((of) => of / Math.max(total, 1));
    this.#isLossy = collection.quantization !== "none";
    this.#oversamplings = OVERSAMPLINGS[collection.quantization];
  }

  all(): readonly MeasuredCurve[] {
    return [...this.#points.values()];
  }

  /** With what was not measured, but follows from it. */
  complete(): readonly MeasuredCurve[] {
    const { shards, links } = this.#wanted;
    if (shards.length > 1 || links === 0) return this.all();
    return this.all().map((curve) => ({
      ...curve,
      points: [...withNarrow(curve.points, curve.topK * curve.oversampling)],
    }));
  }

  /** Whether every number of rows is found nearly whole by some scan. */
  isDone(): boolean {
    return MEASURED_TOP_KS.every((topK) => this.#isFound(topK));
  }

  /** The width that is thought to reach the target, where none so near was measured. */
  unsureWidth(topK: number, target: number): number | undefined {
    const widths = this.#oversamplings.flatMap((oversampling) => {
      const { points = [] } = this.#points.get(nameOf(topK, oversampling)) ?? {};
      const at = widthFor(points, target)?.at;
      return at === undefined ? [] : [Math.min(Math.ceil(at), MAX_WIDTH)];
    });
    const { shards, links } = this.#wanted;
    if (widths.length === 0) return undefined;
    const width = Math.min(...widths);
    // So narrow a scan for a stored vector is none.
    if (shards.length === 1 && width - links < Math.min(...WIDTHS)) return undefined;
    const known = this.all().flatMap(({ points }) => points.map(({ at }) => at));
    return known.some((at) => at <= width * NEAR && width <= at * NEAR) ? undefined : width;
  }

  async measure(efSearch: number, asker: ShardAsker): Promise<void> {
    const { shards: asked, links, queries } = this.#wanted;
    const ownEfSearch = ownWidth(efSearch, links);
    const narrowest = asked.length > 1 ? efSearch : ownEfSearch;
    const combinations = MEASURED_TOP_KS.flatMap((topK) =>
      this.#isFound(topK)
        ? []
        : this.#oversamplings
            // A scan for more rows than its width is another one.
            .filter((oversampling) => topK * oversampling <= narrowest)
            .map((oversampling) => ({ topK, oversampling, recalls: [] as number[] })),
    );
    if (combinations.length === 0) return;
    const rows = Math.max(...combinations.map(({ topK, oversampling }) => topK * oversampling));
    for (const [place, query] of queries.entries()) {
      const width = { efSearch, ownEfSearch, rows, scanned: rows };
      const shards = await scanShards(this.#wanted, query, width, asker);
      const given = {
        shards,
        shares: this.#shares,
        isLossy: this.#isLossy,
        metric: this.#wanted.collection.metric,
      };
      for (const combination of combinations)
        combination.recalls.push(recallOfQuery(given, this.#truth[place] ?? [], combination));
    }
    for (const { topK, oversampling, recalls } of combinations)
      this.#add({ topK, oversampling }, pointOf(efSearch, recalls));
  }

  #add({ topK, oversampling }: Omit<MeasuredCurve, "points">, point: RecallPoint): void {
    const name = nameOf(topK, oversampling);
    const { points = [] } = this.#points.get(name) ?? {};
    const sorted = [...points, point].sort((a, b) => a.at - b.at);
    this.#points.set(name, { topK, oversampling, points: sorted });
  }

  #isFound(topK: number): boolean {
    return this.all().some((curve) => curve.topK === topK && curve.points.some(({ mean }) => mean >= ENOUGH));
  }
}

const nameOf = (topK: number, oversampling: number) => `${topK}/${oversampling}`;
