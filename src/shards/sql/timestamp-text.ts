/** Microseconds since 1970 as ISO 8601 with microseconds; JavaScript's dates end at milliseconds. */
export function timestampText(us: bigint): string {
  const milliseconds = us / 1000n - (us % 1000n < 0n ? 1n : 0n);
  const rest = us - milliseconds * 1000n;
  return new Date(Number(milliseconds)).toISOString().replace("Z", `${String(rest).padStart(3, "0")}Z`);
}
