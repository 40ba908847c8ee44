/** The views of collections on Citus: over the distributed table, and carried to every node by Citus. */
import type { AdminQuery } from "../../shards/pg/admin-session.ts";
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
import { qualified } from "./schema.ts";
import { changeOnOneConnection, listTables } from "./sql/collections.ts";

const DEPENDENT_OBJECTS = "2BP01";

/** A collection and its table. */
export interface ViewedTable {
  readonly name: string;
  readonly table: string;
}

/**
 * Creates the view of a collection, for the reader too. Does nothing on the schema before, which has no
 * views. Inside the caller's transaction.
 */
export async function createView(query: AdminQuery, { name, table }: ViewedTable): Promise<void> {
  const [prepared] = await query(READ_PREPARED);
  if (prepared?.has_views !== true) return;
  await query(createViewSql(name, [qualified(table)]));
  if (prepared.has_reader === true) await grantReading(query, [{ name, table }]);
}

/** Throws COLLECTION_IN_USE when something in SQL depends on it. */
export async function dropView(query: AdminQuery, name: string): Promise<void> {
  try {
    await query(dropViewSql(name));
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === DEPENDENT_OBJECTS) throw viewInUse(name, error);
    throw error;
  }
}

/**
 * Creates the views that collections lack, as those that the schema before created, and gives the reader the
 * rights that it lacks. Returns the names of the collections that got a view. A transaction of its own.
 */
export async function addMissingViews(query: AdminQuery): Promise<readonly string[]> {
  await query("BEGIN");
  await changeOnOneConnection(query);
  const [prepared] = await query(READ_PREPARED);
  const present = new Set((await query(LIST_VIEWS)).map(({ viewname }) => viewname));
  const tables = await listTables(query);
  const missing = tables.filter(({ name }) => !present.has(name));
  for (const { name, table } of missing) await query(createViewSql(name, [qualified(table)]));
  if (prepared?.has_reader === true) await grantReading(query, tables);
  await query("COMMIT");
  return missing.map(({ name }) => name);
}

/**
 * Of the views, and of the tables: on Citus the nodes that hold the shards are asked by the role that reads
 * the view, not by the view's owner.
 */
async function grantReading(query: AdminQuery, tables: readonly ViewedTable[]): Promise<void> {
  const relations = tables.flatMap(({ name, table }) => [viewOf(name), qualified(table)]);
  for (const { lacking } of await query(LIST_LACKING_RIGHTS, [relations])) {
    await query(grantSql(String(lacking)));
  }
}
