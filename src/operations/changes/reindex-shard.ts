/**
 * Builds the HNSW index of a shard anew, beside the old one, which serves until the new one is whole:
 *
 *   wait until no other index is built on the node -> build -> record -> clean up
 *
 * Cancelled or failed, the old index stays as it was, and what was begun of the new one is dropped. What it
 * was built with is kept with the collection (`settings.graphs`): a move builds with the settings of the
 * collection, so the same request without settings builds it again as it was.
 */
import { buildBytes } from "../../advice/index-memory.ts";
import type { GraphSettings, IndexChanges, VectorIndex } from "../../engines/placement-changes.ts";
import { invalidField, isOrreryError, type OrreryError } from "../../errors.ts";
import type { JsonObject } from "../../lib/json.ts";
import { pause } from "../../lib/pause.ts";
import type { Catalog, Collection, Shard, ShardId } from "../../topology/shard-map.ts";
import { type JobContext, type JobResult, repeatStep } from "../job.ts";
import { runStages } from "../stages.ts";
import type { ChangeDefinition, Checked } from "./change-definition.ts";
import { type ChangeDeps, termOf } from "./change-deps.ts";
import { findShard, primaryName } from "./find-in-catalog.ts";
import { runLongStep, sessionName } from "./long-step.ts";
import { refused } from "./refusals.ts";

export interface ReindexShardSpec {
  readonly shard: ShardId;
  /** Those that are absent are as they were recorded for the shard, or else as the collection has them. */
  readonly m?: number;
  readonly efConstruction?: number;
}

/** On every engine. */
export interface ReindexDeps extends Pick<ChangeDeps, "relations" | "publishNow" | "maxStallMs" | "epochMs"> {
  readonly changes: IndexChanges;
  readonly observer: Pick<ChangeDeps["observer"], "indexRebuilt">;
}

const SESSION = 0;
const POLL_INTERVAL_MS = 500;

/**
 * SHARD_NOT_FOUND; INVALID_REQUEST naming `m` or `ef_construction`; PLACEMENT_REFUSED without such an index.
 */
export const reindexShard = {
  kind: "reindex_shard",
  title: "build indexes",
  reach: { touches: "build", onCollision: "waits" },
  rights: "transfers",
  argumentsOf: ({ shard, m, efConstruction }: ReindexShardSpec) => ({
    shard,
    ...(m !== undefined && { m }),
    ...(efConstruction !== undefined && { ef_construction: efConstruction }),
  }),

  async check(
    spec: ReindexShardSpec,
    { changes }: Pick<ReindexDeps, "changes">,
    signal: AbortSignal,
  ): Promise<Checked> {
    const catalog = await changes.readCatalog(signal);
    const { collection, shard } = findShard(catalog, spec.shard);
    if (collection.settings?.index !== undefined)
      throw refused(`collection ${collection.name} has no HNSW index`);
    const graph = wantedGraph(spec, { collection, shard });
    checkGraph(graph);
    return {
      facts: { collection: collection.name, node: primaryName(catalog, shard.group), ...asArguments(graph) },
      message: `builds the index of shard ${shard.id} with m ${graph.m} and ef_construction ${graph.efConstruction}`,
    };
  },

  cancellation: "handled",
  run: (deps: ReindexDeps, context: JobContext) => runObserved(deps, context),
} as const satisfies ChangeDefinition<ReindexShardSpec>;

function asArguments({ m, efConstruction }: GraphSettings): JsonObject {
  return { m, ef_construction: efConstruction };
}

function wantedGraph(
  { m, efConstruction }: ReindexShardSpec,
  { collection, shard }: { readonly collection: Collection; readonly shard: Shard },
): GraphSettings {
  const known = collection.settings?.graphs?.[String(shard.id)] ?? collection.hnsw;
  const links = m ?? known.m;
  // More links than asked for before may need more candidates.
  return { m: links, efConstruction: efConstruction ?? Math.max(known.efConstruction, 2 * links) };
}

function checkGraph({ m, efConstruction }: GraphSettings): void {
  if (!Number.isInteger(m) || m < 2 || m > 100) throw invalidField("m", "must be 2-100");
  if (!Number.isInteger(efConstruction) || efConstruction > 1000 || efConstruction < Math.max(4, 2 * m))
    throw invalidField("ef_construction", "must be 4-1,000 and at least 2 m");
}

/** What is found out anew in each run: the shard may have moved before it began. */
interface Place {
  readonly node: string;
  readonly relation: string;
  readonly collection: Collection;
  readonly shard: Shard;
}

async function findPlace({ changes, relations }: ReindexDeps, context: JobContext): Promise<Place> {
  const catalog: Catalog = await repeatStep(() => changes.readCatalog(context.signal), context);
  const { collection, shard } = findShard(catalog, Number(context.operation.arguments.shard));
  const relation = relations.readRelation(collection, shard.id);
  return { node: primaryName(catalog, shard.group), relation, collection, shard };
}

/** One that goes on under another leader has not ended. */
async function runObserved(deps: ReindexDeps, context: JobContext): Promise<JobResult> {
  const startedAtMs = deps.epochMs();
  const ended = (result: "done" | "failed" | "cancelled") =>
    deps.observer.indexRebuilt({ result, elapsedMs: deps.epochMs() - startedAtMs });
  try {
    const result = await runReindex(deps, context);
    ended(result.state ?? "done");
    return result;
  } catch (error) {
    if (!context.signal.aborted && !isOrreryError(error, "NOT_LEADER")) ended("failed");
    throw error;
  }
}

async function runReindex(deps: ReindexDeps, context: JobContext): Promise<JobResult> {
  const { operation, signal } = context;
  const { changes } = deps;
  const term = termOf(context);
  const graph = {
    m: Number(operation.arguments.m),
    efConstruction: Number(operation.arguments.ef_construction),
  };
  const place = await findPlace(deps, context);
  const { node, relation, collection, shard } = place;
  const read = () => repeatStep(() => readIndex(deps, place, signal), context);
  let before = toBefore(operation.result);
  let outcome: "reached" | "cancelled" = operation.result?.cancelled === true ? "cancelled" : "reached";
  let message = "";

  const dropUnfinished = async () => {
    for (const index of (await read()).unfinished)
      await repeatStep(() => changes.dropIndex({ node, index }, term, signal), context);
  };
  const setGraph = (index: string, wanted: GraphSettings) =>
    repeatStep(() => changes.setGraph({ node, index, graph: wanted }, term, signal), context);
  const undo = async () => {
    if (before === undefined) return;
    const present = await read();
    if (present.build !== before.build) return;
    await dropUnfinished();
    await setGraph(present.name, before.graph);
  };

  const stages = [
    {
      name: "build",
      async run() {
        const present = await read();
        message = fits(present, { collection, rows: await rowsOf(deps, place, signal), graph });
        context.report({ message });
        before ??= { build: present.build, graph: present.graph };
        context.report({ result: resultOf(before) });
        await context.save();
        if (before.build === present.build) outcome = await build(deps, context, { place, before, graph });
        if (outcome === "cancelled") context.report({ result: { ...resultOf(before), cancelled: true } });
      },
    },
    {
      name: "clean up",
      async run() {
        if (outcome === "cancelled") return undo();
        await dropUnfinished();
        await repeatStep(
          () => changes.recordGraph({ collection: collection.id, shard: shard.id, graph }, term, signal),
          context,
        );
        await repeatStep(() => changes.analyse(node, [relation], signal), context);
        await deps.publishNow();
      },
    },
  ];
  await runStages(context, stages, undo);
  const result = { shard: shard.id, node, ...asArguments(graph) };
  return outcome === "cancelled" ? { state: "cancelled", message: "", result } : { message, result };
}

interface Before {
  readonly build: string;
  readonly graph: GraphSettings;
}

const resultOf = ({ build, graph }: Before): JsonObject => ({ before: { build, ...asArguments(graph) } });

function toBefore(result: JsonObject | undefined): Before | undefined {
  const before = result?.before as JsonObject | undefined;
  if (before === undefined) return undefined;
  const graph = { m: Number(before.m), efConstruction: Number(before.ef_construction) };
  return { build: String(before.build), graph };
}

async function readIndex(
  { changes }: ReindexDeps,
  { node, relation, shard }: Place,
  signal: AbortSignal,
): Promise<VectorIndex> {
  const found = await changes.vectorIndex(node, relation, signal);
  if (found === undefined) throw refused(`shard ${shard.id} has no HNSW index that can be built anew`);
  return found;
}

async function rowsOf(
  { changes }: ReindexDeps,
  { node, relation }: Place,
  signal: AbortSignal,
): Promise<number> {
  return (await changes.shardSize(node, relation, signal)).rows;
}

/** Empty when the graph fits in memory. */
function fits(
  { maintenanceBytes }: VectorIndex,
  {
    collection,
    rows,
    graph,
  }: { readonly collection: Collection; readonly rows: number; readonly graph: GraphSettings },
): string {
  const needed = buildBytes({ ...collection, hnsw: graph }, rows);
  if (needed <= maintenanceBytes) return "";
  const mib = (bytes: number) => `${Math.ceil(bytes / 2 ** 20).toLocaleString("en")} MiB`;
  return `the graph needs ${mib(needed)}, maintenance_work_mem is ${mib(maintenanceBytes)}: the build will be slow`;
}

async function build(
  deps: ReindexDeps,
  context: JobContext,
  { place, before, graph }: { readonly place: Place; readonly before: Before; readonly graph: GraphSettings },
): Promise<"reached" | "cancelled"> {
  const { node, relation } = place;
  const term = termOf(context);
  const { changes } = deps;
  const read = () => readIndex(deps, place, context.signal);
  const step = {
    session: sessionName(context, SESSION),
    async statement() {
      const { name: index, unfinished } = await waitForOthers(read, context);
      for (const left of unfinished) await changes.dropIndex({ node, index: left }, term, context.signal);
      await changes.setGraph({ node, index, graph }, term, context.signal);
      return { kind: "reindex" as const, node, index };
    },
    isReached: async () => (await read()).build !== before.build,
    mayCancel: () => true,
    term,
  };
  const watched = {
    ...deps,
    changes: {
      ...changes,
      // The node builds, and would go on when only the session that waits for it were cancelled.
      async cancelStatement(...[options, signal]: Parameters<typeof changes.cancelStatement>) {
        await changes.cancelBuilds({ node, relation }, term, signal);
        if (options.terminate === true) await changes.cancelStatement(options, signal);
      },
      readStatement: async () => ({ marks: (await read()).marks, obstacles: [] }),
    },
  };
  const ended = new AbortController();
  const progress = reportProgress(deps, place, { context, until: ended.signal });
  try {
    return await runLongStep(watched, step, context);
  } finally {
    ended.abort();
    await progress;
  }
}

/** One build at a time: each takes `maintenance_work_mem`, and the other cores are for searches. */
async function waitForOthers(read: () => Promise<VectorIndex>, context: JobContext): Promise<VectorIndex> {
  for (;;) {
    const index = await read();
    if (index.otherBuilds === 0 || context.cancelled.aborted) return index;
    context.report({ message: "waits until another index is built on the node" });
    await pause(POLL_INTERVAL_MS, context.signal);
    context.signal.throwIfAborted();
  }
}

async function reportProgress(
  { changes }: ReindexDeps,
  { node, relation }: Place,
  { context, until }: { readonly context: JobContext; readonly until: AbortSignal },
): Promise<void> {
  const signal = AbortSignal.any([context.signal, until]);
  while (!signal.aborted) {
    const unknown = (_: OrreryError) => undefined;
    const done = await changes.indexBuild(node, relation, signal).catch(unknown);
    if (done !== undefined) context.report({ fraction: Math.min(done, 1) });
    await pause(POLL_INTERVAL_MS, signal);
  }
}
