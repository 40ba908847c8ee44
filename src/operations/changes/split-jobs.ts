/** The jobs that cut shard groups: a split at given or found points, and the isolation of a namespace. */
import { OrreryError } from "../../errors.ts";
import { hashText, shardAt } from "../../topology/ring.ts";
import {
  type Catalog,
  type Collection,
  findCollection,
  primaryOf,
  type Shard,
} from "../../topology/shard-map.ts";
import { type Job, type JobContext, type JobResult, repeatStep } from "../job.ts";
import { runStages, type Stage } from "../stages.ts";
import { type ChangeDeps, termOf } from "./change-deps.ts";
import { cleanUp } from "./clean-up.ts";
import { runLongStep } from "./long-step.ts";
import { pendingMove } from "./move-arguments.ts";
import { findShard, sessionName } from "./move-group.ts";
import { moveStages } from "./move-jobs.ts";
import { chooseSplitPoint } from "./split-points.ts";

/** Part of the way, the rest of which its move makes up. */
const ISOLATED = 0.3;
/** Its moves come after it. */
const ISOLATION_NUMBER = 1_000;

export function splitJob(deps: ChangeDeps): Job {
  const { changes } = deps;
  return {
    cancellation: "handled",
    async run(context) {
      const { signal, operation } = context;
      const args = operation.arguments;
      const range = rangeOf(context);
      let points = (operation.result?.split_points ?? args.split_points ?? []) as readonly number[];
      let cancelled = operation.result?.cancelled === true;
      let left = "";
      const read = () => repeatStep(() => changes.readCatalog(signal), context);

      await runStages(
        context,
        [
          {
            name: "find split points",
            async run() {
              if (points.length === 0) {
                const { collection, shard } = findShard(await read(), range.shard);
                const relation = deps.relations.readRelation(collection, shard.id);
                const node = primaryOf(await read(), shard.group)?.name ?? "";
                const weights = await repeatStep(() => changes.hashWeights(node, relation, signal), context);
                points = [chooseSplitPoint(weights, shard)];
              }
              context.report({ result: { split_points: points } });
            },
          },
          {
            name: "split",
            async run() {
              const catalog = await read();
              const before = catalog.collections
                .flatMap(({ shards }) => shards)
                .find(({ id }) => id === range.shard);
              const end = await cut(deps, context, {
                kind: "split",
                number: 0,
                statement: {
                  kind: "split",
                  shard: range.shard,
                  points,
                  node: before === undefined ? 0 : (primaryOf(catalog, before.group)?.id ?? 0),
                },
                isReached: async () => endsAt(collectionOf(await read(), range.collection), points),
              });
              cancelled = end === "cancelled";
              context.report({ fraction: 0.9, result: { split_points: points, cancelled } });
            },
          },
          { name: "analyse", run: () => analyseRange(deps, context) },
          {
            name: "clean up",
            async run() {
              left = await cleanUp(deps, context);
            },
          },
        ],
        () => cleanUp(deps, context),
      );
      const shards = shardsIn(await read(), range).map(({ id }) => id);
      const result: JobResult = { message: left, result: { split_points: points, shards } };
      return cancelled ? { ...result, state: "cancelled" } : result;
    },
  };
}

export function isolateJob(deps: ChangeDeps): Job {
  const { changes } = deps;
  return {
    cancellation: "handled",
    async run(context) {
      const { signal, operation } = context;
      const { collection, namespace, target } = operation.arguments;
      const hash = hashText(String(namespace));
      const read = () => repeatStep(() => changes.readCatalog(signal), context);
      const own = async () => shardAt(collectionOf(await read(), String(collection)), hash);
      let cancelled = operation.result?.cancelled === true;
      const movesOf = async () => {
        if (cancelled || target === undefined) return [];
        const catalog = await read();
        const shard = shardAt(collectionOf(catalog, String(collection)), hash);
        const source = primaryOf(catalog, shard.group)?.name ?? "";
        if (source === target) return [];
        return [
          operation.moves?.find((move) => move.shard === shard.id) ??
            pendingMove({ shard: shard.id, collection: String(collection), source, target: String(target) }),
        ];
      };
      const share = { from: ISOLATED, to: 1 };
      const { stages: moving, end } = moveStages(deps, context, { movesOf, share });
      const isolate: Stage = {
        name: "isolate",
        async run() {
          const { table } = collectionOf(await read(), String(collection));
          const ended = await cut(deps, context, {
            kind: "isolate",
            number: ISOLATION_NUMBER,
            statement: { kind: "isolate", table, shardKey: String(namespace) },
            isReached: async () => isAlone(await own()),
          });
          cancelled = ended === "cancelled";
          context.report({ fraction: ISOLATED, result: { cancelled } });
        },
      };
      const analyse = { name: "analyse", run: () => analyseRange(deps, context) };
      await runStages(context, [isolate, analyse, ...moving], () => cleanUp(deps, context));
      const { id } = await own();
      const ended = end();
      return cancelled
        ? { ...ended, state: "cancelled", message: "" }
        : { ...ended, result: { shard: id, ...ended.result } };
    },
  };
}

/** True for a shard that holds one hash value and nothing else. */
export function isAlone({ min, max }: Shard): boolean {
  return min === max;
}

/** Cuts, publishes at once, and tells the observer. */
async function cut(
  deps: ChangeDeps,
  context: JobContext,
  {
    kind,
    number,
    statement,
    isReached,
  }: Pick<Parameters<typeof runLongStep>[1], "statement" | "isReached"> & {
    readonly kind: "split" | "isolate";
    readonly number: number;
  },
): Promise<"reached" | "cancelled"> {
  const startedAtMs = deps.epochMs();
  const observe = (result: "done" | "failed" | "cancelled") =>
    deps.observer.shardMoved({ kind, result, bytes: 0, elapsedMs: deps.epochMs() - startedAtMs });
  const session = sessionName(context, number);
  const step = { session, statement, isReached, mayCancel: () => true, term: termOf(context) };
  try {
    const end = await runLongStep(deps.changes, step, context);
    observe(end === "reached" ? "done" : "cancelled");
    if (end === "reached") await deps.publishNow();
    return end;
  } catch (error) {
    if (!context.signal.aborted) observe("failed");
    throw error;
  }
}

/** What is read off the record: the shard group that is cut, as it was. */
function rangeOf({ operation }: JobContext) {
  const { collection, shard, min, max } = operation.arguments;
  return { collection: String(collection), shard: Number(shard), min: Number(min), max: Number(max) };
}

function collectionOf(catalog: Catalog, name: string): Collection {
  const collection = findCollection(catalog, name);
  if (collection !== undefined) return collection;
  throw new OrreryError("COLLECTION_NOT_FOUND", `collection ${JSON.stringify(name)} does not exist`);
}

function endsAt({ shards }: Collection, points: readonly number[]): boolean {
  return points.every((point) => shards.some(({ max }) => max === point));
}

function shardsIn(catalog: Catalog, range: ReturnType<typeof rangeOf>): readonly Shard[] {
  return collectionOf(catalog, range.collection).shards.filter(
    ({ min, max }) => min >= range.min && max <= range.max,
  );
}

async function analyseRange({ changes, relations }: ChangeDeps, context: JobContext): Promise<void> {
  const { signal } = context;
  const range = rangeOf(context);
  const catalog = await repeatStep(() => changes.readCatalog(signal), context);
  const collection = collectionOf(catalog, range.collection);
  for (const shard of shardsIn(catalog, range)) {
    const node = primaryOf(catalog, shard.group)?.name;
    if (node === undefined) continue;
    const relation = relations.readRelation(collection, shard.id);
    await repeatStep(() => changes.analyse(node, [relation], signal), context);
  }
}
