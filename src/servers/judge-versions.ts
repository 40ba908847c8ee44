/** Rules about what a server runs. Pure. */
import type { ServerFacts } from "./server-facts.ts";
import { fine, type Verdict } from "./verdict.ts";

/** `16.4 (Debian 16.4-1)` is 16, and `19beta1` is 19. */
export function majorOf(version: string): number {
  return numbersOf(version)[0] ?? 0;
}

/** Compares as many numbers as `bound` has; what follows them, as in `13.2-1`, counts for nothing. */
export function isBelow(version: string, bound: string): boolean {
  const numbers = numbersOf(version);
  for (const [index, limit] of numbersOf(bound).entries()) {
    const number = numbers[index] ?? 0;
    if (number !== limit) return number < limit;
  }
  return false;
}

function numbersOf(version: string): number[] {
  return (/^\d+(\.\d+)*/.exec(version)?.[0] ?? "").split(".").map(Number);
}

export function judgePostgres({ postgres }: Pick<ServerFacts, "postgres">): Verdict<"postgres"> {
  const major = majorOf(postgres);
  if (major >= 15 && major <= 18) return fine("postgres", postgres);
  return warned("postgres", `${postgres} is not tested; 15 to 18 are`);
}

export function judgeCitus(citus: string): Verdict<"citus"> {
  const tested = !isBelow(citus, "13.2") && isBelow(citus, "15");
  return tested ? fine("citus", citus) : warned("citus", `${citus} is not tested; 13.2 and 14 are`);
}

/** Without it no table of vectors can be there. */
export function judgePgvectorInstalled({
  pgvector,
}: Pick<ServerFacts, "pgvector">): Verdict<"pgvector_missing"> {
  if (pgvector !== undefined) return fine("pgvector_missing", pgvector);
  return {
    code: "pgvector_missing",
    severity: "failed",
    prevents: ["receive"],
    sentence: "has no pgvector in the database; install pgvector, then run orrery migrate",
  };
}

export function judgePgvector(pgvector: string): Verdict<"pgvector"> {
  if (isBelow(pgvector, "0.8.0")) {
    const sentence = `${pgvector} has no iterative scans; 0.8.0 is needed`;
    return { code: "pgvector", severity: "failed", prevents: [], sentence };
  }
  const bugs = "bugs when HNSW indexes are vacuumed; upgrade to 0.8.4";
  if (isBelow(pgvector, "0.8.2")) return warned("pgvector", `${pgvector} has CVE-2026-3172 and ${bugs}`);
  if (isBelow(pgvector, "0.8.4")) return warned("pgvector", `${pgvector} has ${bugs}`);
  return fine("pgvector", pgvector);
}

function warned<Code extends string>(code: Code, sentence: string): Verdict<Code> {
  return { code, severity: "warning", prevents: [], sentence };
}

/** Something that one server has in another version than a second one. */
export interface VersionDifference {
  readonly what: "PostgreSQL" | "Citus" | "pgvector";
  /** undefined: not installed. */
  readonly present: string | undefined;
  readonly expected: string | undefined;
}

/** Of PostgreSQL the major version counts. */
export function versionDifferences(
  server: Pick<ServerFacts, "postgres" | "citus" | "pgvector">,
  reference: Pick<ServerFacts, "postgres" | "citus" | "pgvector">,
): readonly VersionDifference[] {
  const [of, expected] = [versionsOf(server), versionsOf(reference)];
  return (["PostgreSQL", "Citus", "pgvector"] as const)
    .map((what) => ({ what, present: of[what], expected: expected[what] }))
    .filter((one) => one.present !== one.expected);
}

function versionsOf({ postgres, citus, pgvector }: Pick<ServerFacts, "postgres" | "citus" | "pgvector">) {
  return { PostgreSQL: String(majorOf(postgres)), Citus: citus, pgvector };
}

/** For messages. */
export function describeVersions(server: Pick<ServerFacts, "postgres" | "citus" | "pgvector">): string {
  return Object.entries(versionsOf(server))
    .map(([what, version]) => `${what} ${version ?? "none"}`)
    .join(", ");
}
