/**
 * How PostgreSQL plans the searches of a shard, asked by EXPLAIN, and whether that is how they are meant: an
 * ann search by the vector index and nothing else, an exact one by anything else. Nothing is run.
 *
 * Two plans are asked for: the one that follows from the values, which a statement has the first few times,
 * and the generic one, which it has from then on where it is prepared. Not every version of PostgreSQL can be
 * asked for that, so each parameter becomes a sub-select, whose value the planner does not know either.
 */
import { OrreryError } from "../../errors.ts";
import type { Row, Statement } from "../statement.ts";
import type { IndexedVectors } from "./distance.ts";
import { type SearchBranch, type SearchInput, searchStatement } from "./search.ts";

/** The shard that is asked. */
export interface PlannedShard extends IndexedVectors {
  /** Quoted, with schema: from `Engine.readRelation`. */
  readonly relation: string;
  readonly shardId: number;
}

/** A template of searches that is planned otherwise than meant. */
export interface Misplanned {
  /** As in `ann of 10 rows`, `bounded at 1000`, `exact in a namespace`. */
  readonly template: string;
  /** The scans of its plan, as in `Seq Scan`. */
  readonly plan: string;
}

interface Template {
  readonly name: string;
  readonly branch: Pick<SearchBranch, "strategy" | "shardKeys" | "limit" | "bound">;
}

/** Each constant that a LIMIT may have in a text. */
const LIMITS = [10, 100, 1000] as const;
const BOUNDS = [10, 100, 1000, 10_000] as const;

/** Each statement with the templates that it plans, a branch each. */
export interface PlanQuestion {
  readonly statement: Statement;
  readonly templates: readonly string[];
}

/** All templates, in a few statements; each template is in two of them. */
export function planQuestions(shard: PlannedShard): readonly PlanQuestion[] {
  return LIMITS.flatMap((mostRows) => {
    const templates = templatesOf(mostRows);
    const { text, values } = searchStatement(inputOf(shard, templates, mostRows));
    return [text, unknownValues(text)].map((planned) => ({
      statement: { text: `EXPLAIN (FORMAT JSON) ${planned}`, values, prepare: false },
      templates: templates.map(({ name }) => name),
    }));
  });
}

function templatesOf(mostRows: number): readonly Template[] {
  const whole = { shardKeys: "all", limit: mostRows } as const;
  const one = { shardKeys: ["a"], limit: mostRows } as const;
  return [
    { name: `ann of ${mostRows} rows`, branch: { ...whole, strategy: "ann" } },
    { name: `exact of ${mostRows} rows`, branch: { ...whole, strategy: "exact" } },
    { name: `exact of ${mostRows} rows in a namespace`, branch: { ...one, strategy: "exact" } },
    ...BOUNDS.filter((scanned) => scanned >= mostRows).map((scanned) => ({
      name: `bounded at ${scanned} for ${mostRows} rows`,
      branch: { ...one, strategy: "ann", bound: { scanned, taken: mostRows } } as const,
    })),
  ];
}

function inputOf(
  { relation, shardId, metric, quantization, dimension }: PlannedShard,
  templates: readonly Template[],
  mostRows: number,
): SearchInput {
  return {
    vector: new Float32Array(dimension).fill(1),
    metric,
    quantization,
    mostRows,
    wanted: { value: false, metadata: false, vector: false },
    branches: templates.map(({ branch }) => ({
      ...branch,
      relation,
      shardId,
      efSearch: 100,
      candidates: mostRows,
    })),
  };
}

/** Texts of searches have no literals but integers, so what looks like a parameter is one. */
function unknownValues(text: string): string {
  return text.replace(/\$\d+::\w+(\[\])?/g, "(SELECT $&)");
}

interface PlanNode {
  readonly "Node Type": string;
  readonly "Parent Relationship"?: string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  /** Only of an index that gives rows in an order of distances. */
  readonly "Order By"?: string;
  readonly Plans?: readonly PlanNode[];
}

/** Of the answer to a question. BUG when it is no plan of as many branches. */
export function decodePlans(
  rows: readonly Row[],
  { templates }: Pick<PlanQuestion, "templates">,
): readonly Misplanned[] {
  const [answer] = JSON.parse(String(rows[0]?.[0])) as readonly { readonly Plan: PlanNode }[];
  const branches = (answer?.Plan.Plans ?? []).filter((plan) => plan["Parent Relationship"] === "Member");
  if (branches.length !== templates.length)
    throw new OrreryError("BUG", `a plan has ${branches.length} branches, not ${templates.length}`);
  return branches.flatMap((branch, at) => {
    const template = templates[at] as string;
    const scans = scansOf(branch);
    const byVectors = scans.filter((scan) => scan["Order By"] !== undefined);
    const meant = template.startsWith("exact") ? 0 : scans.length;
    if (byVectors.length === meant && scans.length > 0) return [];
    return [{ template, plan: scans.map(nameOf).join(", ") }];
  });
}

/** What reads rows of the shard: not what the fence reads, nor what looks for them in a second index. */
function scansOf(node: PlanNode): readonly PlanNode[] {
  if (node["Relation Name"] !== undefined) return [node];
  const parts = (node.Plans ?? []).filter((plan) => plan["Parent Relationship"] !== "InitPlan");
  return parts.flatMap(scansOf);
}

function nameOf({ "Node Type": type, "Index Name": index }: PlanNode): string {
  return index === undefined ? type : `${type} using ${index}`;
}
