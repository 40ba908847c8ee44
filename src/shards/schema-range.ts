/** Which versions of Orrery's schema this program works with: its own and its neighbors. Pure. */

/** Both inclusive. */
export interface SchemaRange {
  readonly oldest: number;
  readonly newest: number;
}

/** `known`: the newest version that this program has a migration for. */
export function schemaRange(known: number): SchemaRange {
  return { oldest: Math.max(1, known - 1), newest: known + 1 };
}

/** Why a node with this version is refused, and what to do; undefined when it is not. */
export function whyWrongSchema(version: number, { oldest, newest }: SchemaRange): string | undefined {
  if (version >= oldest && version <= newest) return undefined;
  const what =
    version > 0
      ? `has version ${version} of Orrery's schema`
      : "does not say which version of Orrery's schema it has";
  const remedy = version > newest ? "upgrade this coordinator" : "run `orrery migrate`";
  return `${what}, this coordinator works with ${oldest} to ${newest}: ${remedy}`;
}
