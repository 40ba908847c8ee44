/** Which versions of Orrery's schema a program works with: its own, and its neighbours. Pure. */

/** Both inclusive. */
export interface SchemaRange {
  readonly oldest: number;
  readonly newest: number;
}

/** `known`: the newest version this program has the migration of. */
export function schemaRange(known: number): SchemaRange {
  return { oldest: Math.max(1, known - 1), newest: known + 1 };
}

/** Why a node with this version cannot be worked with, and what to do; undefined when it can. */
export function whyWrongSchema(version: number, { oldest, newest }: SchemaRange): string | undefined {
  if (version >= oldest && version <= newest) return undefined;
  const what =
    version > 0
      ? `has version ${version} of Orrery's schema`
      : "does not say which version of Orrery's schema it has";
  const remedy = version > newest ? "upgrade this coordinator" : "run `orrery migrate`";
  return `${what}, this coordinator works with ${oldest} to ${newest}: ${remedy}`;
}
