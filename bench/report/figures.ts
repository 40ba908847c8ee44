import type { Spread } from "../measure/statistics.ts";

/** The smallest and the largest, with a dash. */
export function range({ min, max }: Spread, digits: number): string {
  return `${number(min, digits)}-${number(max, digits)}`;
}

/** Empty when there is none. */
export function number(value: number | undefined, digits: number): string {
  return value === undefined || Number.isNaN(value) ? "" : value.toFixed(digits);
}
