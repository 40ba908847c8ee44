/** CPU time of a server's processes, to the nanosecond, from the scheduler's own statistics. */
import { readFileSync } from "node:fs";

/** Microseconds used so far by the children of a postmaster; those that have ended are not counted. */
export function backendCpuUs(postmaster: number): number {
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, "utf8");
  let ns = 0;
  for (const pid of children.split(" ")) if (pid !== "") ns += nanosecondsOf(pid);
  return ns / 1000;
}

function nanosecondsOf(pid: string): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ")[0]);
  } catch {
    return 0;
  }
}
