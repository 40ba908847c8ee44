const UNITS: Readonly<Record<string, number>> = { kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 };

/** Bytes of a size as PostgreSQL writes it (`64MB`); NaN for anything else. */
export function parseMemorySize(text: string): number {
  const [, number, unit = ""] = /^(\d+)(kB|MB|GB)$/.exec(text) ?? [];
  return Number(number) * (UNITS[unit] ?? Number.NaN);
}

/** Bytes in PostgreSQL's notation, rounded up to whole MB, below 4 MB to whole kB. */
export function writeMemorySize(bytes: number): string {
  const unit = bytes < 4 * 2 ** 20 ? "kB" : "MB";
  return `${Math.ceil(bytes / (UNITS[unit] as number))}${unit}`;
}
