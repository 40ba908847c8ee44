/**
 * Which payload a search reads at once, with the names of what it finds, and which only of the winners, by
 * key. Of many rows most lose the merge; a large payload of each would be read and held for nothing. Pure.
 */
import type { Hit } from "../types.ts";
import type { SearchTargetPlan } from "./target-plan.ts";

/**
 * The largest payload that a row carries, so that the rows of all targets together carry at most
 * `inlineBytes`.
 */
export function inlineBytesPerRow(plans: readonly SearchTargetPlan[], inlineBytes: number): number {
  let rows = 0;
  for (const { limit } of plans) rows += limit;
  return Math.floor(inlineBytes / Math.max(rows, 1));
}

/** What a search knows of a payload before it reads it. */
export interface SizedHit extends Hit {
  /** Undefined when no payload was asked for. */
  readonly payloadBytes?: number;
}

/** The hits whose payload is still to be read. Most searches have none. */
export function withoutPayload<T extends SizedHit>(hits: readonly T[], bytesPerRow: number): readonly T[] {
  return hits.some((hit) => isLarger(hit, bytesPerRow))
    ? hits.filter((hit) => isLarger(hit, bytesPerRow))
    : [];
}

/** Of payload and names of all hits: what their answer has at least. */
export function answerBytes(hits: readonly SizedHit[]): number {
  let bytes = 0;
  for (const { namespace, key, payloadBytes = 0 } of hits)
    bytes += namespace.length + key.length + payloadBytes;
  return bytes;
}

function isLarger({ payloadBytes = 0 }: SizedHit, bytes: number): boolean {
  return payloadBytes > bytes;
}
