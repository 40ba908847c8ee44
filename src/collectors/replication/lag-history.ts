/**
 * How far behind a standby is in time, by this process's clock alone. The end of the primary's log is
 * recorded at each sample; a standby's lag is the age of the oldest sample that it has not caught up with.
 */

interface LogEnd {
  /** End of the primary's log, bytes since its beginning. */
  readonly position: number;
  /** When it was first seen there. */
  readonly atMs: number;
}

/** Entries kept for one primary; with more, old ones are thinned out. */
const MOST_ENTRIES = 1_000;
/** The newest entries are all kept; of the older ones, those whose ages differ by at least this factor. */
const NEWEST_ENTRIES = 200;
const AGE_FACTOR = 1.02;

export class LagHistory {
  #entries: LogEnd[] = [];

  /** Records `position`. A lower one than before means another timeline, and the history starts over. */
  record(position: number, atMs: number): void {
    const last = this.#entries.at(-1);
    if (last !== undefined && position < last.position) this.#entries = [];
    else if (position === last?.position) return;
    this.#entries.push({ position, atMs });
    if (this.#entries.length > MOST_ENTRIES) this.#thinOut(atMs);
  }

  /**
   * The least that a standby that has replayed up to `replayed` can be behind; the true lag is at most one
   * interval more. 0 when it has everything recorded.
   */
  secondsBehind(replayed: number, nowMs: number): number {
    // The first entry beyond what the standby has.
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle] as LogEnd).position > replayed) high = middle;
      else low = middle + 1;
    }
    const first = this.#entries[low];
    return first === undefined ? 0 : Math.max(0, nowMs - first.atMs) / 1000;
  }

  /** What remains still gives any lag to within a few per cent. */
  #thinOut(nowMs: number): void {
    const kept: LogEnd[] = [];
    let ageMs = 0;
    for (const entry of this.#entries.toReversed()) {
      if (kept.length >= NEWEST_ENTRIES && nowMs - entry.atMs < ageMs * AGE_FACTOR) continue;
      kept.push(entry);
      ageMs = nowMs - entry.atMs;
    }
    this.#entries = kept.reverse();
  }
}
