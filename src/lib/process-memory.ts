import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";

/** Node gives its heap about half of a container's memory; buffers and code take the rest. */
const PROCESS_PER_HEAP = 2;

/** What the limits of this process are read from; `containerBytes` is 0 where there is none. */
export interface MemoryLimits {
  readonly heapBytes: number;
  readonly containerBytes: number;
  readonly machineBytes: number;
}

/** The limits of this process as Node, the control group and the machine have them. */
export function readMemoryLimits(): MemoryLimits {
  // Without a limit this is 0, undefined, or larger than any machine.
  const containerBytes = process.constrainedMemory() ?? 0;
  return { heapBytes: getHeapStatistics().heap_size_limit, containerBytes, machineBytes: totalmem() };
}

/** How much memory a process with these limits may use in all. */
export function memoryGiven({ heapBytes, containerBytes, machineBytes }: MemoryLimits): number {
  const bytes = Math.min(PROCESS_PER_HEAP * heapBytes, machineBytes);
  return containerBytes > 0 ? Math.min(bytes, containerBytes) : bytes;
}
