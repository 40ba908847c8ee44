/**
 * Watches, on the leader, whether PostgreSQL plans searches as they are meant: by EXPLAIN of every template
 * on the smallest and the largest shard of each collection, over connections that no request uses. A
 * collection is asked when it is first seen, when other shards of it are the smallest and largest, when its
 * indexes change, and every hour, as statistics do.
 */
import { isOrreryError, OrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { repeat } from "../lib/repeat.ts";
import { runWithin } from "../lib/time-limit.ts";
import type { Finding } from "../topology/findings.ts";
import type { LeaderTask } from "../topology/leader.ts";
import {
  type Collection,
  primaryOf,
  type Shard,
  type ShardId,
  type ShardMap,
} from "../topology/shard-map.ts";
import { type NodeRunner, rowsOrThrow } from "./node-driver.ts";
import { decodePlans, type Misplanned, planQuestions } from "./sql/plan-check.ts";

export interface PlanChecksOptions {
  /** By connections that no request waits for. */
  readonly nodes: NodeRunner;
  readonly map: () => ShardMap;
  readonly relationOf: (collection: Collection, shard: ShardId) => string;
  /** Estimated; undefined without statistics. */
  readonly rowsOf: (collection: Collection, shard: ShardId) => number | undefined;
  readonly logger: Logger;
  /** Milliseconds; only differences matter. */
  readonly monotonicMs: () => number;
}

export interface PlanChecks {
  readonly task: LeaderTask;
  /** One for each shard with a search that is planned otherwise than meant; empty where this is no leader. */
  findings(): readonly Finding[];
  /** By table name: how many templates are, on the shards that were asked; empty where this is no leader. */
  misplanned(): ReadonlyMap<string, number>;
}

/** A shard that was asked, with what is not as meant. */
interface AskedShard {
  readonly node: string;
  readonly shard: ShardId;
  readonly misplanned: readonly Misplanned[];
}

interface Checked {
  readonly collection: Collection;
  readonly asked: readonly AskedShard[];
  readonly atMs: number;
  /** What the check was of: it is made again when that changes. */
  readonly of: string;
}

const ROUND_MS = 5_000;
const AGAIN_MS = 3_600_000;
const STATEMENT_MS = 10_000;

export function createPlanChecks(options: PlanChecksOptions): PlanChecks {
  const { map, rowsOf, logger, monotonicMs } = options;
  let checked: ReadonlyMap<number, Checked> = new Map();

  const checkDue = async (signal: AbortSignal) => {
    const { collections } = map();
    const next = new Map<number, Checked>();
    for (const collection of collections) {
      const before = checked.get(collection.id);
      const shards = extremes(collection, rowsOf);
      const of = JSON.stringify([shards, collection.unnormalized, collection.settings]);
      const isDue = before === undefined || before.of !== of || monotonicMs() - before.atMs >= AGAIN_MS;
      try {
        const now = isDue ? await checkCollection({ collection, shards, of }, options, signal) : before;
        next.set(collection.id, now);
        if (now !== before) report(now, before, logger);
      } catch (error) {
        signal.throwIfAborted();
        if (!isOrreryError(error)) throw error;
        // A shard that moves, or a node that is away: later.
        logger.debug({ collection: collection.name, code: error.code }, `plans not read: ${error.message}`);
        if (before !== undefined) next.set(collection.id, before);
      }
    }
    checked = next;
  };

  return {
    async task({ signal }) {
      try {
        await repeat(() => checkDue(signal), ROUND_MS, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        checked = new Map();
      }
    },
    findings: () => [...checked.values()].flatMap(findingsOf),
    misplanned: () =>
      new Map(
        [...checked.values()].map(({ collection: { table }, asked }) => [
          table,
          asked.reduce((sum, { misplanned }) => sum + misplanned.length, 0),
        ]),
      ),
  };
}

/** The smallest of those with rows, and the largest; without statistics any two. None without an index. */
function extremes(collection: Collection, rowsOf: PlanChecksOptions["rowsOf"]): readonly Shard[] {
  if (collection.settings?.index === "none") return [];
  const sized = collection.shards
    .map((shard) => ({ shard, rows: rowsOf(collection, shard.id) ?? 0 }))
    .toSorted((a, b) => a.rows - b.rows);
  const smallest = sized.find(({ rows }) => rows > 0) ?? sized[0];
  const largest = sized.at(-1);
  if (smallest === undefined || largest === undefined) return [];
  return smallest === largest ? [largest.shard] : [smallest.shard, largest.shard];
}

async function checkCollection(
  { collection, shards, of }: { readonly shards: readonly Shard[] } & Pick<Checked, "collection" | "of">,
  { nodes, map, relationOf, monotonicMs }: PlanChecksOptions,
  signal: AbortSignal,
): Promise<Checked> {
  const { dimension, metric, unnormalized, quantization } = collection;
  const form = unnormalized === true ? "unnormalized-half" : quantization;
  const asked: AskedShard[] = [];
  for (const { id: shard, group } of shards) {
    const relation = relationOf(collection, shard);
    const questions = planQuestions({ relation, shardId: shard, dimension, metric, quantization: form });
    const misplanned = new Map<string, Misplanned>();
    for (const question of questions) {
      const ask = (limited: AbortSignal) => nodes.runOn(group, question.statement, { signal: limited });
      const result = await runWithin({ ms: STATEMENT_MS, reason: noAnswer, signal }, ask);
      for (const one of decodePlans(rowsOrThrow(result), question)) misplanned.set(one.template, one);
    }
    asked.push({
      node: primaryOf(map(), group)?.name ?? `node group ${group}`,
      shard,
      misplanned: [...misplanned.values()],
    });
  }
  return { collection, asked, of, atMs: monotonicMs() };
}

function report({ collection, asked }: Checked, before: Checked | undefined, logger: Logger): void {
  const known = new Set(before?.asked.flatMap((of) => of.misplanned.map((one) => keyOf(of.shard, one))));
  for (const { node, shard, misplanned } of asked)
    for (const one of misplanned.filter((each) => !known.has(keyOf(shard, each))))
      logger.warn(
        { collection: collection.name, shard, node, ...one },
        "PostgreSQL does not plan a search as it is meant",
      );
}

function keyOf(shard: ShardId, { template, plan }: Misplanned): string {
  return JSON.stringify([shard, template, plan]);
}

function findingsOf({ collection, asked }: Checked): readonly Finding[] {
  return asked
    .filter(({ misplanned }) => misplanned.length > 0)
    .map(({ node, shard, misplanned }) => ({ node, problem: problemOf(collection.name, shard, misplanned) }));
}

/** A sentence without its subject, as findings are. */
function problemOf(collection: string, shard: ShardId, misplanned: readonly Misplanned[]): string {
  const [first] = misplanned;
  const more = misplanned.length > 1 ? ` and ${misplanned.length - 1} more` : "";
  return `does not plan searches of collection ${collection} as they are meant (shard ${shard}: ${first?.template} by ${first?.plan}${more})`;
}

const noAnswer = () => new OrreryError("NODE_UNAVAILABLE", `no plan in ${STATEMENT_MS} ms`);
