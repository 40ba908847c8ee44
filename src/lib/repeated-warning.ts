/** Warnings of what may happen many times a second: of each kind one a minute, with how many there were. */
import type { Logger } from "./logger.ts";

const REPEAT_AFTER_MS = 60_000;

export type RepeatedWarning = (kind: string, fields: object, message: string) => void;

/** `count` in the fields of a warning is how often its kind came since the last one. */
export function createRepeatedWarning(logger: Logger, monotonicMs: () => number): RepeatedWarning {
  const kinds = new Map<string, { loggedAt: number; count: number }>();
  return (kind, fields, message) => {
    const nowMs = monotonicMs();
    const known = kinds.get(kind);
    if (known !== undefined && nowMs - known.loggedAt < REPEAT_AFTER_MS) {
      known.count += 1;
      return;
    }
    logger.warn({ ...fields, count: 1 + (known?.count ?? 0) }, message);
    kinds.set(kind, { loggedAt: nowMs, count: 0 });
  };
}
