import { expect, it } from "vitest";
import { decodePlans, planQuestions } from "../../../../src/shards/sql/plan-check.ts";

const SHARD = {
  relation: '"public"."c_7_1"',
  shardId: 1,
  dimension: 3,
  metric: "cosine",
  quantization: "none",
} as const;

/** As PostgreSQL answers EXPLAIN of a branch each. */
const answer = (...branches: readonly object[]) => {
  const members = branches.map((branch) => ({ ...branch, "Parent Relationship": "Member" }));
  return [[JSON.stringify([{ Plan: { "Node Type": "Append", Plans: members } }])]];
};
const byIndex = {
  "Node Type": "Index Scan",
  "Relation Name": "c_7_1",
  "Index Name": "c_7_hnsw_1",
  "Order By": "(embedding <=> $1)",
};
const byKey = { "Node Type": "Index Scan", "Relation Name": "c_7_1", "Index Name": "c_7_pkey_1" };
const all = { "Node Type": "Seq Scan", "Relation Name": "c_7_1" };
const limit = (...Plans: readonly object[]) => ({ "Node Type": "Limit", Plans });
const fence = {
  "Node Type": "Seq Scan",
  "Relation Name": "pg_dist_placement",
  "Parent Relationship": "InitPlan",
};

it("a search through the index is meant to read rows by distance, an exact one otherwise", () => {
  const templates = ["ann of 10 rows", "exact of 10 rows", "bounded at 100 for 10 rows"];
  expect(decodePlans(answer(limit(byIndex), limit(all), byIndex), { templates })).toEqual([]);
  expect(decodePlans(answer(limit(all), limit(byIndex), byKey), { templates })).toEqual([
    { template: "ann of 10 rows", plan: "Seq Scan" },
    { template: "exact of 10 rows", plan: "Index Scan using c_7_hnsw_1" },
    { template: "bounded at 100 for 10 rows", plan: "Index Scan using c_7_pkey_1" },
  ]);
});

it("what the fence of a search reads is none of its plan", () => {
  expect(decodePlans(answer(limit(fence, byIndex)), { templates: ["ann of 10 rows"] })).toEqual([]);
});

it("a plan of other branches than were asked for is refused", () => {
  expect(() => decodePlans(answer(all), { templates: ["ann of 10 rows", "exact of 10 rows"] })).toThrow(
    /1 branches, not 2/,
  );
});

it("every template is asked for with its values and without them", () => {
  const questions = planQuestions(SHARD);
  const asked = questions.flatMap(({ templates }) => templates);
  for (const template of new Set(asked)) expect(asked.filter((other) => other === template)).toHaveLength(2);
  expect(new Set(asked)).toContain("bounded at 10000 for 1000 rows");
  const [known, unknown] = questions.map(({ statement }) => statement);
  expect(known?.text).toMatch(/LIMIT \$\d+::int8/);
  expect(unknown?.text).toMatch(/LIMIT \(SELECT \$\d+::int8\)/);
  expect(unknown?.text).not.toMatch(/(?<!SELECT )\$\d/);
  expect(unknown?.values).toEqual(known?.values);
});
