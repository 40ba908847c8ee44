/**
 * What searches cost on each node, by what they took. Only the ratio of the ways to search decides, and all
 * are slower on a busy node: so what one took says something of the others too, as long as they are not seen
 * themselves.
 */

import type { Collection } from "../topology/shard-map.ts";
import { assumedCosts, firstBatchUs, type ScanCosts } from "./plan/scan-costs.ts";

/**
 * One search of one target, alone in its statement; of an index scan, one that went beyond its first batch.
 */
export interface SeenSearch {
  readonly collection: Collection;
  readonly group: number;
  /** Microseconds, without waiting for a connection. */
  readonly elapsedUs: number;
  readonly kind:
    | { readonly strategy: "exact"; readonly rows: number }
    | { readonly strategy: "ann"; readonly efSearch: number; readonly scanned: number };
}

export interface LearntCosts {
  of(collection: Collection, group: number): ScanCosts;
  saw(search: SeenSearch): void;
}

/** The least that a measurement weighs against those before. */
const WEIGHT = 0.1;
/** Of what one way took, for what another would have taken. */
const WEIGHT_OF_OTHERS = 0.02;
/** A cost is never taken for so many times more, or less, than assumed. */
const MOST_FACTOR = 5;

/** A first batch is too short to be measured on a busy node; it follows the others. */
type Way = "exact" | "batch" | "scan";

/** How many times more than assumed a way to search costs, and how often it was seen. */
interface Factor {
  factor: number;
  seen: number;
}

type Factors = Readonly<Record<Way, Factor>>;

/** Of one collection on one node group. */
interface Learnt {
  readonly factors: Factors;
  /** The assumed costs that `costs` are made from. */
  of: ScanCosts;
  costs: ScanCosts;
}

export function createLearntCosts(): LearntCosts {
  const assumed = new WeakMap<Collection, ScanCosts>();
  /** By collection id and node group. */
  const learnt = new Map<number, Map<number, Learnt>>();

  const assumedFor = (collection: Collection) => {
    let costs = assumed.get(collection);
    if (costs === undefined) {
      costs = assumedCosts(collection);
      assumed.set(collection, costs);
    }
    return costs;
  };
  return {
    of(collection, group) {
      const costs = assumedFor(collection);
      const known = learnt.get(collection.id)?.get(group);
      if (known === undefined) return costs;
      // The same collection in another map may store its vectors otherwise.
      if (known.of !== costs) {
        known.of = costs;
        known.costs = scaled(costs, known.factors);
      }
      return known.costs;
    },
    saw({ collection, group, elapsedUs, kind }) {
      const costs = assumedFor(collection);
      const seen = factorOf(costs, elapsedUs, kind);
      const byGroup = learnt.get(collection.id) ?? new Map<number, Learnt>();
      const factors = byGroup.get(group)?.factors ?? newFactors();
      const ratio = Math.min(Math.max(seen.ratio, 1 / MOST_FACTOR), MOST_FACTOR);
      const own = factors[seen.way];
      own.seen += 1;
      const weight = Math.max(WEIGHT, 1 / own.seen);
      for (const one of Object.values(factors)) {
        // One that was never seen is as much dearer as those that were.
        const isUnseen = one.seen === 0;
        one.factor += (one === own || isUnseen ? weight : WEIGHT_OF_OTHERS) * (ratio - one.factor);
      }
      learnt.set(collection.id, byGroup.set(group, { factors, of: costs, costs: scaled(costs, factors) }));
    },
  };
}

function newFactors(): Factors {
  const unseen = () => ({ factor: 1, seen: 0 });
  return { exact: unseen(), batch: unseen(), scan: unseen() };
}

function scaled(costs: ScanCosts, { exact, batch, scan }: Factors): ScanCosts {
  return {
    exactRowUs: costs.exactRowUs * exact.factor,
    filterRowUs: costs.filterRowUs * exact.factor,
    startUs: costs.startUs * batch.factor,
    efUs: costs.efUs * batch.factor,
    scanRowUs: costs.scanRowUs * scan.factor,
  };
}

/** What took how many times as long as assumed. */
function factorOf(
  costs: ScanCosts,
  elapsedUs: number,
  kind: SeenSearch["kind"],
): { readonly way: Way; readonly ratio: number } {
  if (kind.strategy === "exact") return { way: "exact", ratio: elapsedUs / (kind.rows * costs.exactRowUs) };
  const furtherUs = elapsedUs - firstBatchUs(costs, kind.efSearch);
  return { way: "scan", ratio: furtherUs / ((kind.scanned - kind.efSearch) * costs.scanRowUs) };
}
