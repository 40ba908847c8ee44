import { totalmem } from "node:os";

/** Bytes of memory that this process may use: what its control group allows, else what the machine has. */
export function processMemoryBytes(): number {
  const allowed = process.constrainedMemory();
  // Without a limit it is 0, undefined, or more than any machine has.
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}
