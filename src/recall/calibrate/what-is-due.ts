/** Which classes are to be measured, and why. Pure. */
import type { Collection, Shard } from "../../topology/shard-map.ts";
import { fanOutClassOf, sizeClassOf } from "../classes.ts";
import { type Calibration, indexNameOf } from "../measured.ts";
import type { DueClass } from "./calibrate-class.ts";

export type DueReason = "first" | "grown" | "rebuilt" | "low";

export interface KnownOfClasses {
  readonly collections: readonly Collection[];
  /** Undefined without statistics. */
  readonly rowsOf: (collection: Collection, shard: Shard) => number | undefined;
  readonly calibrations: readonly Calibration[];
  /** Whether a sampled recall of the collection was lower than promised, since it was measured. */
  readonly isLow: (collection: Collection) => boolean;
  /** Shards with fewer rows are searched exactly. */
  readonly leastRows: number;
}

export type ClassOfCollection = DueClass & {
  readonly rows: number;
  /** What is known of it. */
  readonly line: Calibration | undefined;
};

/** Rows that are so many more than were measured make another graph. */
const GROWN = 1.5;

/** What searches of these collections are by classes: one shard of each size, and all of them together. */
export function classesOf(known: KnownOfClasses): readonly ClassOfCollection[] {
  return known.collections
    .filter(({ settings }) => settings?.index !== "none")
    .flatMap((collection) => classesOfCollection(collection, known));
}

/** Undefined when the class was measured, and is as it was then. */
export function whyDue(
  { collection, rows, line }: ClassOfCollection,
  { isLow }: Pick<KnownOfClasses, "isLow">,
): Exclude<DueReason, "rebuilt"> | undefined {
  if (line === undefined || line.measured.index !== indexNameOf(collection)) return "first";
  if (rows >= line.measured.rows * GROWN) return "grown";
  return isLow(collection) ? "low" : undefined;
}

/** Whether at least half of the indexes that were measured, and are still there, were built anew since. */
export function changedBuilds(before: string, now: string): boolean {
  const present = new Map(now.split(",").map(partsOf));
  const kept = before
    .split(",")
    .map(partsOf)
    .filter(([shard]) => present.has(shard));
  const changed = kept.filter(([shard, build]) => present.get(shard) !== build);
  return kept.length > 0 && changed.length * 2 >= kept.length;
}

function partsOf(build: string): readonly [shard: string, build: string] {
  const at = build.indexOf("=");
  return [build.slice(0, at), build.slice(at + 1)];
}

function classesOfCollection(
  collection: Collection,
  { rowsOf, calibrations, leastRows }: KnownOfClasses,
): readonly ClassOfCollection[] {
  const sized = collection.shards
    .map((shard) => ({ shard, rows: rowsOf(collection, shard) ?? 0 }))
    .filter(({ rows }) => rows >= leastRows)
    .sort((a, b) => b.rows - a.rows);
  const lineOf = (sizeClass: number, fanOut: number) =>
    calibrations.find(
      (line) =>
        line.collectionId === collection.id &&
        line.sizeClass === sizeClass &&
        line.fanOut === fanOut &&
        line.namespace === "",
    );
  const classes = new Map<number, ClassOfCollection>();
  for (const { shard, rows } of sized) {
    const sizeClass = sizeClassOf(rows);
    if (classes.has(sizeClass)) continue;
    const line = lineOf(sizeClass, 1);
    // The same shard as before, where there is one: another has another index.
    const before = sized.find((other) => line?.measured.builds.startsWith(`${other.shard.id}=`));
    const same = before !== undefined && sizeClassOf(before.rows) === sizeClass ? before : { shard, rows };
    classes.set(sizeClass, { collection, sizeClass, fanOut: 1, shards: [same.shard], rows: same.rows, line });
  }
  const [largest] = sized;
  if (largest === undefined || collection.shards.length === 1) return [...classes.values()];
  const sizeClass = sizeClassOf(largest.rows);
  const fanOut = fanOutClassOf(collection.shards.length);
  const rows = collection.shards.reduce((sum, shard) => sum + (rowsOf(collection, shard) ?? 0), 0);
  const line = lineOf(sizeClass, fanOut);
  return [...classes.values(), { collection, sizeClass, fanOut, shards: collection.shards, rows, line }];
}
