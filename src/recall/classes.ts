/** The classes that calibrations are kept by: what is alike enough to be measured once. Pure. */

/** The fewest shards that a search of a class asks. */
export const FAN_OUT_CLASSES = [1, 2, 5, 17] as const;
export type FanOutClass = (typeof FAN_OUT_CLASSES)[number];

/** Shards of 4^n to 4^(n+1) - 1 rows are of class n. */
export function sizeClassOf(rows: number): number {
  return rows < 4 ? 0 : Math.floor(Math.log2(rows) / 2);
}

/** Of a search that asks so many shards, at least 1. */
export function fanOutClassOf(shards: number): FanOutClass {
  if (shards >= 17) return 17;
  if (shards >= 5) return 5;
  return shards >= 2 ? 2 : 1;
}
