/** Amounts as people read them. */

const UNITS = ["B", "kB", "MB", "GB", "TB", "PB"];

/** `1.5 GB`, in powers of 1,000; empty for undefined. */
export function formatBytes(bytes: number | string | undefined): string {
  if (bytes === undefined) return "";
  const number = Number(bytes);
  const sign = number < 0 ? "-" : "";
  let amount = Math.abs(number);
  let unit = 0;
  while (amount >= 999.5 && unit < UNITS.length - 1) {
    amount /= 1000;
    unit += 1;
  }
  return `${sign}${unit === 0 || amount >= 99.5 ? Math.round(amount) : amount.toPrecision(2)} ${UNITS[unit]}`;
}

/** `2 h 5 min`, `3 min 20 s`, `12 s`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `1,234,567`. */
export function formatCount(count: number | string | undefined): string {
  return count === undefined ? "" : Math.round(Number(count)).toLocaleString("en-US");
}

/** `+23 %` over the mean. */
export function formatImbalance(imbalance: number): string {
  return `${(imbalance * 100).toFixed(1)} %`;
}

/** A bar of `width` characters, `share` of it filled. */
export function drawBar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return "█".repeat(filled) + "░".repeat(width - filled);
}
