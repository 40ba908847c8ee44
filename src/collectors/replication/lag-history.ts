/**
 * How far behind a standby is in time, by this process's clock alone: where the primary's log ended is
 * written down at each look, and a standby is as late as the oldest look at which it already lacked
 * something. Pure but for its own history.
 */

interface Look {
  /** End of the primary's log, bytes since its beginning. */
  readonly position: number;
  /** When it was first seen there. */
  readonly atMs: number;
}

/** Looks kept of one primary; with more, old ones are thinned out. */
const MOST_LOOKS = 1_000;
/** The newest are all kept; of older ones those whose ages differ by at least this factor. */
const NEWEST_LOOKS = 200;
const AGE_FACTOR = 1.02;

export class LagHistory {
  #looks: Look[] = [];

  /** `position` now; a position lower than before means another timeline, and the history starts over. */
  look(position: number, atMs: number): void {
    const last = this.#looks.at(-1);
    if (last !== undefined && position < last.position) this.#looks = [];
    else if (position === last?.position) return;
    this.#looks.push({ position, atMs });
    if (this.#looks.length > MOST_LOOKS) this.#thinOut(atMs);
  }

  /**
   * Seconds that a standby which replayed up to `replayed` is behind, at least: up to one interval between
   * looks more. 0 when it has all of the last look.
   */
  secondsBehind(replayed: number, nowMs: number): number {
    // The first look that had more than the standby has. Older data of a standby that was late before is not
    // known.
    let low = 0;
    let high = this.#looks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#looks[middle] as Look).position > replayed) high = middle;
      else low = middle + 1;
    }
    const first = this.#looks[low];
    return first === undefined ? 0 : Math.max(0, nowMs - first.atMs) / 1000;
  }

  /** So that what remains tells any lag to a few per cent. */
  #thinOut(nowMs: number): void {
    const kept: Look[] = [];
    let ageMs = 0;
    for (const look of this.#looks.toReversed()) {
      if (kept.length >= NEWEST_LOOKS && nowMs - look.atMs < ageMs * AGE_FACTOR) continue;
      kept.push(look);
      ageMs = nowMs - look.atMs;
    }
    this.#looks = kept.reverse();
  }
}
