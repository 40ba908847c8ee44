/**
 * Finds the large namespaces whose recall is worse than that of their shard, and measures them by themselves:
 * a tenant whose vectors lie apart from all others can be harder to find.
 */
import { type Counted, largeShardKeysStatement, type RecallQuery } from "../../shards/sql/recall.ts";
import type { Shard } from "../../topology/shard-map.ts";
import { pointOf, type RecallPoint } from "../curve.ts";
import { MAX_WIDTH } from "../max-width.ts";
import type { Measured } from "../measured.ts";
import { chooseQueries } from "./choose-queries.ts";
import { findTruth, type Subject, scanShards } from "./find-truth.ts";
import { ownLinks, ownWidth } from "./own-links.ts";
import { recallOfTaken } from "./recall-of.ts";
import type { ShardAsker } from "./shard-asker.ts";

export interface NamespacesWanted extends Omit<Subject, "counted" | "shards"> {
  readonly shard: Shard;
  readonly rows: number;
  /** As searches of a namespace without a line of its own have them. */
  readonly usual: { readonly efSearch: number; readonly take: number; readonly expected: number };
  /** Candidates of a lossy index, as a multiple of the rows wanted. */
  readonly oversampling: number;
}

export interface MeasuredNamespace {
  readonly namespace: string;
  readonly queries: number;
  readonly curves: Measured["curves"];
  readonly takes: Measured["takes"];
}

const LEAST_ROWS = 5_000;
const MOST_NAMESPACES = 100;
/** Of the recall that searches are meant to have. */
const WORSE_BY = 0.05;
const SAMPLED_QUERIES = 50;
const MEASURED_QUERIES = 200;
const TOP_K = 10;
const WIDTHS = [40, 80, 160, 320, 640, MAX_WIDTH];
const ENOUGH = 0.999;

export async function measureNamespaces(
  wanted: NamespacesWanted,
  asker: ShardAsker,
): Promise<readonly MeasuredNamespace[]> {
  const { collection, shard, rows } = wanted;
  const statement = largeShardKeysStatement(asker.measured(collection, shard), {
    rows: LEAST_ROWS,
    most: MOST_NAMESPACES,
  });
  const large = await asker.ask(shard, statement, ([key, count]) => [String(key), Number(count)] as const);
  const outliers: MeasuredNamespace[] = [];
  for (const [shardKey, count] of large.rows) {
    const part = Math.min(count / Math.max(rows, count), 1);
    const namespace = new NamespaceRecall(wanted, { shardKey, count }, asker);
    const { efSearch, take, expected } = wanted.usual;
    const [sampled] = await namespace.pointsAt(efSearch, [take], await namespace.queries(SAMPLED_QUERIES));
    if (sampled === undefined || sampled.mean > expected - WORSE_BY) continue;
    outliers.push(await namespace.measure({ namespace: shardKey, part }));
  }
  return outliers;
}

class NamespaceRecall {
  readonly #wanted: NamespacesWanted;
  readonly #subject: Subject;
  readonly #count: number;
  readonly #asker: ShardAsker;

  constructor(
    wanted: NamespacesWanted,
    { shardKey, count }: { readonly shardKey: string; readonly count: number },
    asker: ShardAsker,
  ) {
    const counted: Counted = { kind: "shardKey", shardKey };
    this.#wanted = wanted;
    this.#subject = { collection: wanted.collection, shards: [wanted.shard], counted };
    this.#count = count;
    this.#asker = asker;
  }

  async queries(wanted: number): Promise<readonly RecallQuery[]> {
    // Of the rows of the shard only those of the namespace are candidates, so more of them are drawn.
    const rowsOf = () => this.#count;
    return (await chooseQueries({ ...this.#subject, wanted, rowsOf, seen: [] }, this.#asker)).queries;
  }

  /** A point for each of `takes`; none without queries. */
  async pointsAt(
    efSearch: number,
    takes: readonly number[],
    queries: readonly RecallQuery[],
    truth?: readonly (readonly number[])[],
  ): Promise<readonly RecallPoint[]> {
    if (queries.length === 0) return [];
    const known = truth ?? (await findTruth(this.#subject, queries, TOP_K, this.#asker));
    const rowsOf = (take: number) => Math.ceil(Math.max(take, this.#wanted.oversampling) * TOP_K);
    const links = ownLinks(this.#wanted.collection);
    const width = { efSearch: ownWidth(efSearch, links), rows: rowsOf(Math.max(...takes)), scanned: 10_000 };
    const recalls = takes.map((): number[] => []);
    for (const [place, query] of queries.entries()) {
      const [distances = []] = await scanShards(this.#subject, query, width, this.#asker);
      for (const [index, take] of takes.entries())
        recalls[index]?.push(recallOfTaken(distances, known[place] ?? [], TOP_K, rowsOf(take)));
    }
    return takes.map((take, index) => ({ ...pointOf(take, recalls[index] ?? []) }));
  }

  /** Widths are measured with as many rows taken as the widest search needs. */
  async measure({ namespace, part }: { readonly namespace: string; readonly part: number }) {
    const queries = await this.queries(MEASURED_QUERIES);
    const truth = await findTruth(this.#subject, queries, TOP_K, this.#asker);
    const takes = [1, 2, 4, 8];
    const most = Math.max(...takes);
    const points: RecallPoint[] = [];
    let widest: readonly RecallPoint[] = [];
    for (const efSearch of WIDTHS) {
      widest = await this.pointsAt(efSearch, takes, queries, truth);
      const last = widest.at(-1);
      if (last === undefined) break;
      points.push({ ...last, at: efSearch });
      if (last.at === most && last.mean >= ENOUGH) break;
    }
    const { oversampling } = this.#wanted;
    return {
      namespace,
      queries: queries.length,
      curves: [{ topK: TOP_K, oversampling, points }],
      takes: [{ part, points: [...widest] }],
    };
  }
}
