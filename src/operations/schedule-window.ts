/** Times of day at which scheduled rebalances may start moves, in UTC. Pure. */

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * When the window `HH:MM-HH:MM` that holds `nowMs` ends, milliseconds since 1970; undefined outside of it.
 * One whose end is not after its start goes over midnight.
 */
export function windowEnd(window: string, nowMs: number): number | undefined {
  const [start = 0, end = 0] = window.split("-").map(minutesOf);
  const midnight = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const minute = (nowMs - midnight) / 60_000;
  const endMs = midnight + end * 60_000;
  if (start < end) return minute >= start && minute < end ? endMs : undefined;
  if (minute >= start) return endMs + DAY_MS;
  return minute < end ? endMs : undefined;
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}
