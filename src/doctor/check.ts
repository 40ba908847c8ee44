import type { Verdict } from "../servers/verdict.ts";

/** One line of `orrery doctor`. */
export interface Check {
  readonly what: string;
  readonly verdict: "ok" | "warning" | "failed";
  /** What is so, and for anything but `ok` how to repair it. */
  readonly detail: string;
}

export const ok = (what: string, detail: string): Check => ({ what, verdict: "ok", detail });
export const warning = (what: string, detail: string): Check => ({ what, verdict: "warning", detail });
export const failed = (what: string, detail: string): Check => ({ what, verdict: "failed", detail });

export function toCheck(what: string, { severity, sentence }: Verdict): Check {
  return { what, verdict: severity, detail: sentence };
}
