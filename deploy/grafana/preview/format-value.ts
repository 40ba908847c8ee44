/** A value in Grafana's unit, short: `12.3 ms`, `4.0 MiB`, `97.1 %`. */
export function formatValue(value: number, unit: string): string {
  if (!Number.isFinite(value)) return String(value);
  switch (unit) {
    case "s":
      return Math.abs(value) >= 1 || value === 0 ? `${round(value)} s` : `${round(value * 1000)} ms`;
    case "percentunit":
      return `${round(value * 100)} %`;
    case "bytes":
    case "Bps": {
      const power = Math.min(4, Math.max(0, Math.floor(Math.log2(Math.abs(value)) / 10)));
      return `${round(value / 1024 ** power)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}${unit === "Bps" ? "/s" : ""}`;
    }
    case "reqps":
    case "ops":
    case "wps":
      return `${round(value)} /s`;
    default:
      return round(value);
  }
}

function round(value: number): string {
  const size = Math.abs(value);
  if (size >= 10_000) return `${(value / 1000).toFixed(1)}k`;
  return Number(value.toPrecision(size >= 100 ? 4 : 3)).toString();
}
