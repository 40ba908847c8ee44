/** Rules about how full the disk of a server is, or would be. Pure. */
import type { Disk } from "./server-facts.ts";
import { fine, type Verdict } from "./verdict.ts";

/** Citus refuses a move that leaves less of the target's disk free. */
const MIN_FREE_SHARE_AFTER_MOVE = 0.1;
const GIB = 2 ** 30;

/** False: the disk would be left with less than a tenth free. An unknown disk has room. */
export function diskHasRoom(disk: Disk | undefined, bytes: number): boolean {
  return disk === undefined || disk.freeBytes - bytes >= disk.totalBytes * MIN_FREE_SHARE_AFTER_MOVE;
}

export function judgeDisk({ freeBytes, totalBytes }: Disk): Verdict<"disk"> {
  const share = freeBytes / totalBytes;
  const state = `${(freeBytes / GIB).toFixed(1)} GiB of ${(totalBytes / GIB).toFixed(1)} GiB free`;
  if (share >= 0.15) return fine("disk", state);
  return {
    code: "disk",
    severity: share < 0.05 ? "failed" : "warning",
    prevents: [],
    sentence: `has ${state}; add space, move shards away or drop what is not needed`,
  };
}
