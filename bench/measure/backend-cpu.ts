/** CPU time of a server's processes, to the nanosecond, from the scheduler's own statistics. */
import { readFileSync } from "node:fs";

/** Nanoseconds used so far by each child of a postmaster, by pid. */
export type BackendCpu = ReadonlyMap<string, number>;

export function backendCpu(postmaster: number): BackendCpu {
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, "utf8");
  const used = new Map<string, number>();
  for (const pid of children.split(" ")) if (pid !== "") used.set(pid, nanosecondsOf(pid));
  return used;
}

/**
 * Microseconds used in between by the children that are still there; what one used that has ended is lost.
 */
export function cpuUsBetween(before: BackendCpu, after: BackendCpu): number {
  let ns = 0;
  for (const [pid, used] of after) ns += Math.max(0, used - (before.get(pid) ?? 0));
  return ns / 1000;
}

function nanosecondsOf(pid: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]);
  } catch {
    return 0;
  }
}
