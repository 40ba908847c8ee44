import type { Page, Position } from "../requests/page.ts";

/**
 * One page of a list that is in memory, ordered by `keyOf`. Items that come and go between pages move no
 * others.
 */
export function pageOf<T>(
  items: readonly T[],
  page: Page,
  keyOf: (item: T) => Position,
): { readonly items: readonly T[]; readonly nextPageToken: string } {
  const sorted = items
    .map((item) => ({ item, key: keyOf(item) }))
    .filter(({ key }) => page.after === undefined || compare(key, page.after) > 0)
    .sort((a, b) => compare(a.key, b.key));
  const last = sorted[page.size - 1];
  return {
    items: sorted.slice(0, page.size).map(({ item }) => item),
    nextPageToken: last === undefined || sorted.length === page.size ? "" : page.tokenAfter(last.key),
  };
}

function compare(a: Position, b: Position): number {
  for (const [index, x] of a.entries()) {
    const y = b[index];
    if (y !== undefined && x !== y) return x < y ? -1 : 1;
  }
  return 0;
}
