/** Whether one server plans searches as they are meant, for `orrery doctor`. Part of the composition root. */

import { quoteIdentifier } from "../lib/quote-identifier.ts";
import type { AdminQuery } from "../shards/pg/admin-session.ts";
import { PLANNER_SETTINGS } from "../shards/planner-settings.ts";
import { decodePlans, planQuestions } from "../shards/sql/plan-check.ts";
import { encodeVector } from "../shards/vector-codec.ts";
import type { MisplannedSearch, NodeFacts } from "./cluster-facts.ts";
import type { NamedCollection } from "./inspect-parameters.ts";

export interface PlannedNode {
  /** Of the tables of shards. */
  readonly schema: string;
  readonly shards: NonNullable<NodeFacts["shards"]>;
}

/**
 * By the settings that coordinators plan with, on a session of its own. Shards without an index are left out.
 */
export async function readMisplanned(
  query: AdminQuery,
  collections: readonly NamedCollection[],
  { schema, shards }: PlannedNode,
): Promise<readonly MisplannedSearch[]> {
  for (const [name, value] of Object.entries(PLANNER_SETTINGS))
    await query("SELECT set_config($1, $2, false)", [name, value]);
  const found: MisplannedSearch[] = [];
  for (const collection of collections) {
    const { name, dimension, metric, indexed } = collection;
    if (indexed === undefined) continue;
    for (const { table } of extremes(shards, name)) {
      const relation = `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
      const shardId = Number(/\d+$/.exec(table)?.[0]);
      const seen = new Map<string, MisplannedSearch>();
      for (const question of planQuestions({ relation, shardId, dimension, metric, quantization: indexed })) {
        const { text, values } = question.statement;
        const rows = await query(
          text,
          values.map((value) => (value instanceof Float32Array ? encodeVector(value) : value)),
        );
        const answer = rows.map((row) => [JSON.stringify(Object.values(row)[0])]);
        for (const one of decodePlans(answer, question))
          seen.set(one.template, { collection: name, table, ...one });
      }
      found.push(...seen.values());
    }
  }
  return found;
}

/** The smallest and the largest that have a valid index. */
function extremes(shards: PlannedNode["shards"], collection: string): PlannedNode["shards"] {
  const own = shards
    .filter((shard) => shard.collection === collection && shard.indexes > 0 && shard.valid)
    .toSorted((a, b) => a.rows - b.rows);
  return own.length < 3 ? own : own.filter((_, at) => at === 0 || at === own.length - 1);
}
