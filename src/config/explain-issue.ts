/** What is wrong with a setting, in the words of the settings rather than of the schema's library. */
import type { z } from "zod";

const KINDS: Readonly<Record<string, string>> = {
  boolean: "true or false",
  number: "a number",
  int: "a whole number",
  string: "text",
  array: "a list",
  record: "a mapping of names to values",
  object: "settings by name",
};

/** Undefined leaves the message to the library. A message given with the schema goes before. */
export function explainIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type": {
      const what = KINDS[issue.expected] ?? issue.expected;
      return `must be ${what}`;
    }
    case "invalid_value":
      return `must be ${issue.values
        .map(String)
        .join(", ")
        .replace(/, ([^,]*)$/, " or $1")}`;
    case "too_small":
      return boundary("at least", issue.origin, issue.minimum);
    case "too_big":
      return boundary("at most", issue.origin, issue.maximum);
    default:
      return undefined;
  }
}

function boundary(bound: string, origin: string, limit: number | bigint): string {
  if (origin === "string")
    return Number(limit) === 1 ? "must not be empty" : `must have ${bound} ${limit} characters`;
  if (origin === "array") return `must have ${bound} ${limit} items`;
  return `must be ${bound} ${limit}`;
}
