/** How PostgreSQL plans the searches of a shard, whatever it knows of the shard's rows, on any engine. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CollectionSpec } from "../../../src/engines/engine.ts";
import { decodePlans, type PlannedShard, planQuestions } from "../../../src/shards/sql/plan-check.ts";
import type { Row, Statement } from "../../../src/shards/statement.ts";

/** A node, and sessions on it as coordinators have them. */
export interface PlanBed {
  run(statement: Statement): Promise<readonly Row[]>;
  /** Makes a collection of one shard. */
  create(spec: CollectionSpec): Promise<PlannedShard>;
  stop(): Promise<void>;
}

export type Kind = Pick<CollectionSpec, "metric" | "quantization"> & {
  readonly dimension: number;
  readonly storage?: "inline";
};

/** Every kind of index, every metric, and vectors that lie beside their rows. */
export const KINDS: readonly Kind[] = [
  { metric: "cosine", quantization: "none", dimension: 32, storage: "inline" },
  { metric: "l2", quantization: "none", dimension: 3 },
  { metric: "inner_product", quantization: "half", dimension: 32, storage: "inline" },
  { metric: "cosine", quantization: "half", dimension: 600 },
  { metric: "cosine", quantization: "binary", dimension: 64, storage: "inline" },
];

export interface PlansTested {
  readonly kinds: readonly Kind[];
  readonly rows: number;
  /**
   * Whether each kind is tested with a table that was analysed while it was empty, and with one that was not.
   */
  readonly both?: boolean;
  readonly timeoutMs?: number;
}

export function testSearchPlans(
  start: () => Promise<PlanBed>,
  { kinds, rows, both = false, timeoutMs = 60_000 }: PlansTested,
): void {
  let bed: PlanBed;
  beforeAll(async () => {
    bed = await start();
  }, 60_000);
  afterAll(() => bed?.stop());

  const run = (text: string) => bed.run({ text, values: [], prepare: false });

  /** Citus lets nobody write to a shard by accident. */
  const fill = ({ relation, dimension }: PlannedShard, from: number, to: number) =>
    run(`DO $do$ BEGIN
PERFORM set_config('citus.enable_manual_changes_to_shards', 'on', true);
INSERT INTO ${relation} (shard_key, namespace, key, tags, embedding, created_at, updated_at, version)
SELECT 'n' || i % 7, 'n' || i % 7, 'k' || i, '{}', v::vector, now(), now(), i
FROM generate_series(${from}, ${to}) i,
  LATERAL (SELECT array_agg(random()::float4 - 0.5 + j * 0) AS v FROM generate_series(1, ${dimension}) j WHERE i > 0) g;
END $do$`);

  const empty = ({ relation }: PlannedShard, but: number) =>
    run(`DO $do$ BEGIN
PERFORM set_config('citus.enable_manual_changes_to_shards', 'on', true);
DELETE FROM ${relation} WHERE key <> 'k${but}';
END $do$`);

  const misplanned = async (shard: PlannedShard) => {
    const found = new Set<string>();
    for (const question of planQuestions(shard))
      for (const { template, plan } of decodePlans(await bed.run(question.statement), question))
        found.add(`${template}: ${plan}`);
    return [...found];
  };

  describe(`searches of a shard of up to ${rows} rows`, () => {
    const cases = kinds.flatMap((kind, at) =>
      (both ? [true, false] : [at % 2 === 0]).map((analysed) => ({ ...kind, analysed })),
    );
    it.each(cases)(
      "are planned as meant whatever is known of its rows ($quantization, $metric, $dimension dimensions, analysed while empty: $analysed)",
      async ({ analysed, storage, ...kind }) => {
        const shard = await bed.create({
          ...kind,
          name: `p${kinds.findIndex((one) => one.metric === kind.metric && one.dimension === kind.dimension)}-${analysed}`,
          hnsw: { m: 8, efConstruction: 16 },
          shardCount: 1,
          settings: { recordIndexes: ["metadata", "tags", "created_at"], ...(storage && { storage }) },
        });
        const { relation } = shard;
        await run(`ALTER TABLE ${relation} SET (autovacuum_enabled = off)`);
        const states: Record<string, readonly string[]> = {};
        const note = async (state: string) => {
          const found = await misplanned(shard);
          if (found.length > 0) states[state] = found;
        };
        await note("empty");
        if (analysed) await run(`ANALYZE ${relation}`);
        await note("empty, maybe analysed");
        await fill(shard, 1, 1);
        await note("one row");
        await fill(shard, 2, rows);
        await note("filled since");
        await run(`ANALYZE ${relation}`);
        await note("analysed");
        await empty(shard, rows);
        await note("nearly all deleted");
        await run(`VACUUM ANALYZE ${relation}`);
        await note("vacuumed: one row on many pages");
        await fill(shard, 1, rows - 1);
        await note("filled again since");
        expect(states).toEqual({});
      },
      timeoutMs,
    );
  });
}
