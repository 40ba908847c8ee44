import type { Config } from "../config/load.ts";
import { OrreryError } from "../errors.ts";
import { type FullMemory, MemoryBudget } from "../lib/memory-budget.ts";
import { parseMemorySize, writeMemorySize } from "../lib/memory-size.ts";
import { type MemoryLimits, memoryGiven } from "../lib/process-memory.ts";

/** Time for what others hold to be sent. */
const RETRY_DELAY_MS = 250;

interface Limits {
  readonly totalBytes: number;
  readonly accountBytes: number;
}

const REFUSALS: Readonly<Record<FullMemory, (limits: Limits) => OrreryError>> = {
  account: ({ accountBytes }) =>
    new OrreryError(
      "TOO_LARGE",
      `the call needs more than the ${writeMemorySize(accountBytes)} of memory that one call may hold (memory.callShare): ask for less at once`,
      { details: { metadata: { setting: "memory.callShare" } } },
    ),
  all: ({ totalBytes }) =>
    new OrreryError(
      "OVERLOADED",
      `requests hold the ${writeMemorySize(totalBytes)} of memory that they may hold at once (memory.requestShare)`,
      { details: { metadata: { setting: "memory.requestShare" }, retryDelayMs: RETRY_DELAY_MS } },
    ),
  closed: () => new OrreryError("CANCELLED", "the call has ended"),
};

/**
 * The budget of all requests, a share of the memory that the process is given. Part of the composition root.
 */
export function createRequestMemory(config: Pick<Config, "memory">, limits: MemoryLimits): MemoryBudget {
  const { memory } = config;
  const totalBytes = Math.floor(processBytes(config, limits) * memory.requestShare);
  const accountBytes = Math.floor(totalBytes * memory.callShare);
  const refusal = (full: FullMemory) => REFUSALS[full]({ totalBytes, accountBytes });
  return new MemoryBudget({ totalBytes, accountBytes, refusal });
}

const INLINE_SHARE = 1 / 64;
/** What is sent in a millisecond or two; more would make every search wait that has small payloads. */
const MOST_INLINE_BYTES = 4 * 2 ** 20;

/** Of payload, that one search may read before its winners are known. */
export function inlineBytes({ totalBytes }: Pick<MemoryBudget, "totalBytes">): number {
  return Math.min(Math.floor(totalBytes * INLINE_SHARE), MOST_INLINE_BYTES);
}

/** Memory that the process may use: as set, else as its limits are. */
export function processBytes({ memory }: Pick<Config, "memory">, limits: MemoryLimits): number {
  return memory.limit === undefined ? memoryGiven(limits) : parseMemorySize(memory.limit);
}
