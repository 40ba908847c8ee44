/** A leader with its tasks, over the store and the engine that a test gives it. */
import { type Leading, type LeadingOptions, startLeading } from "../../../src/coordinator/start-leading.ts";
import { noopLogger } from "../../contract/noop-logger.ts";
import type { MemoryEngine } from "./memory-engine.ts";

const LONG_MS = 600_000;

interface TestedLeading extends Pick<LeadingOptions, "store" | "map" | "id"> {
  readonly engine: MemoryEngine;
  readonly publishIntervalMs?: number;
  readonly checkIntervalMs?: number;
  readonly logger?: LeadingOptions["logger"];
  readonly monotonicMs?: LeadingOptions["monotonicMs"];
}

/** Tasks without an interval run once in each leader term. */
export function leadWith({
  publishIntervalMs = LONG_MS,
  checkIntervalMs = LONG_MS,
  logger = noopLogger,
  monotonicMs = () => performance.now(),
  ...rest
}: TestedLeading): Leading {
  const intervals = { publishIntervalMs, checkIntervalMs };
  return startLeading({ ...rest, intervals, logger, monotonicMs });
}
