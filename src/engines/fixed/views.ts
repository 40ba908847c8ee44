/**
 * The views of collections on nodes with fixed placement: on each node that holds shards of a collection,
 * over those shards. Shards never move, so a view is complete once it is there.
 */
import { isOrreryError } from "../../errors.ts";
import {
  createViewSql,
  dropViewSql,
  grantSql,
  LIST_LACKING_RIGHTS,
  LIST_VIEWS,
  READ_PREPARED,
  viewInUse,
  viewOf,
} from "../collection-view.ts";
import type { Query } from "./nodes.ts";

const DEPENDENT_OBJECTS = "2BP01";

/** A collection on one node; `relations`: its shards there, quoted, with schema. */
export interface NodeView {
  readonly name: string;
  readonly relations: readonly string[];
}

/**
 * Creates those that the node lacks, and gives the reader the rights that it lacks. Does nothing on the
 * schema before, which has no views.
 */
export async function addMissingViews(query: Query, views: readonly NodeView[]): Promise<void> {
  const [prepared] = await query(READ_PREPARED);
  const [hasViews, hasReader] = prepared ?? [];
  if (hasViews !== true) return;
  const present = new Set((await query(LIST_VIEWS)).map(([name]) => name));
  for (const { name, relations } of views) {
    if (!present.has(name)) await query(createViewSql(name, relations));
  }
  if (hasReader !== true) return;
  const lacking = await query(LIST_LACKING_RIGHTS, [views.map(({ name }) => viewOf(name))]);
  for (const [right] of lacking) await query(grantSql(String(right)));
}

/** Throws COLLECTION_IN_USE when something in SQL depends on it. */
export async function dropView(query: Query, name: string): Promise<void> {
  try {
    await query(dropViewSql(name));
  } catch (error) {
    if (isOrreryError(error) && error.details.metadata?.sqlstate === DEPENDENT_OBJECTS) {
      throw viewInUse(name, error.cause);
    }
    throw error;
  }
}
