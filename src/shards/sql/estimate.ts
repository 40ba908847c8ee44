/**
 * How many rows PostgreSQL expects a condition to hold for, by the statistics of its tables: what it would
 * plan by, without running anything.
 */
import type { Row, Statement } from "../statement.ts";
import { type Branch, Parameters, scopeCondition } from "./branch.ts";
import { type Filter, indexedCondition } from "./filter.ts";

export interface EstimateInput {
  readonly branches: readonly Branch[];
  readonly filter: Filter;
}

export interface EstimatedRows {
  /** As the branch names it. */
  readonly relation: string;
  readonly matching: number;
  /** Rows are found by an index of what they are filtered by, so that no others are looked at. */
  readonly isIndexed: boolean;
}

/** One row, with the plans of all branches. No fence, as no row of a shard is read. */
export function estimateStatement({ branches, filter }: EstimateInput): Statement {
  const parameters = new Parameters();
  const selects = branches.map(({ relation, shardKeys }) => {
    const scope = shardKeys === "all" ? "" : `${scopeCondition(shardKeys, parameters)} AND `;
    return `(SELECT FROM ${relation} WHERE ${scope}${indexedCondition(filter, parameters)})`;
  });
  return {
    text: `EXPLAIN (FORMAT JSON) ${selects.join(" UNION ALL ")}`,
    values: parameters.values,
    prepare: false,
  };
}

interface PlanNode {
  readonly "Node Type": string;
  readonly Schema?: string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Plan Rows": number;
  readonly Plans?: readonly PlanNode[];
}

/**
 * By the branches asked. One that PostgreSQL left out of its plan, since the condition can never hold, has no
 * rows.
 */
export function decodeEstimates(rows: readonly Row[], branches: readonly Branch[]): readonly EstimatedRows[] {
  const [plan] = JSON.parse(String(rows[0]?.[0] ?? "[]")) as readonly { readonly Plan: PlanNode }[];
  const scans = plan === undefined ? [] : scansOf(plan.Plan);
  return branches.map(({ relation }) => {
    const scan = scans.find(
      (node) =>
        relation.endsWith(`."${node["Relation Name"]}"`) || relation.endsWith(`.${node["Relation Name"]}`),
    );
    return {
      relation,
      matching: scan?.["Plan Rows"] ?? 0,
      isIndexed: scan === undefined || indexesOf(scan).some((name) => !name.includes("_pkey")),
    };
  });
}

function scansOf(node: PlanNode): readonly PlanNode[] {
  return node["Relation Name"] === undefined ? (node.Plans ?? []).flatMap(scansOf) : [node];
}

function indexesOf(node: PlanNode): readonly string[] {
  const own = node["Index Name"];
  return [...(own === undefined ? [] : [own]), ...(node.Plans ?? []).flatMap(indexesOf)];
}
