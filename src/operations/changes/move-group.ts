/** The move of one shard group, from set-up to statistics; each part may be repeated. */
import type { ShardSize } from "../../engines/placement-changes.ts";
import { isOrreryError, OrreryError } from "../../errors.ts";
import type { Catalog, Node, Shard } from "../../topology/shard-map.ts";
import { type JobContext, repeatStep } from "../job.ts";
import type { MoveProgress } from "../types.ts";
import { type ChangeDeps, termOf } from "./change-deps.ts";
import { checkPlacement, type Placing } from "./check-placement.ts";
import { findNode, findShard, primaryId, primaryName } from "./find-in-catalog.ts";
import { runLongStep, sessionName } from "./long-step.ts";
import { type PhaseTimes, watchMove } from "./watch-move.ts";

export interface GroupMove {
  /** Its number within the operation, which names its session. */
  readonly number: number;
  readonly move: MoveProgress;
  readonly blockWrites: boolean;
  /** Cancels this move and not the operation. */
  readonly cancelled: AbortSignal;
  readonly report: (progress: Partial<MoveProgress>) => void;
}

/** What a move works on, by the catalogs at its start. */
interface Ground {
  readonly shard: Shard;
  readonly source: Node["id"];
  readonly target: Node;
  /** The shard's table. */
  readonly relation: string;
  /** undefined: it is on the target already. */
  readonly size: ShardSize | undefined;
}

/**
 * `done`: whole on the target, served, and analysed if that could be done. `cancelled`: whole on the source.
 * Throws SHARD_NOT_FOUND when it was split meanwhile, NODE_NOT_FOUND, PLACEMENT_REFUSED when it may not go
 * there any more, or what the move failed with.
 */
export async function moveGroup(
  deps: ChangeDeps,
  group: GroupMove,
  context: JobContext,
): Promise<"done" | "cancelled"> {
  const { move, report } = group;
  const catalog = await readCatalog(deps, context);
  const { collection, shard } = findShard(catalog, move.shard);
  const target = findNode(catalog.nodes, move.target);
  const relation = deps.relations.readRelation(collection, shard.id);
  const isThere = shard.group === target.group;

  // One that an earlier leader has begun is left to its end.
  if (!isThere && move.state !== "running") {
    await checkAgain(deps, { collection, shard, target: move.target }, context);
  }
  const startedAtMs = move.startedAtMs ?? deps.epochMs();
  report({ state: "running", startedAtMs });
  // Before its statement begins, so that a later leader brings to its end what it finds under way.
  await context.save();
  const size = isThere ? undefined : await sizeOf(relation, { deps, catalog, shard }, context);
  if (size !== undefined) report({ bytesTotal: size.bytes });

  const ground: Ground = { shard, source: primaryId(catalog, shard.group), target, relation, size };
  const observe = (result: "done" | "failed" | "cancelled", bytes = 0) =>
    deps.observer.shardMoved({ kind: "move", result, bytes, elapsedMs: deps.epochMs() - startedAtMs });
  const { end, spent } = await transfer(deps, { group, ground }, context).catch((error: unknown) => {
    if (!context.signal.aborted) observe("failed");
    throw error;
  });
  if (end === "cancelled") {
    observe("cancelled");
    return "cancelled";
  }
  const totalMs = deps.epochMs() - startedAtMs;
  // At once: until the other coordinators know, each of their reads is refused once and sent again.
  await deps.publishNow();
  report({ phase: "analyse", fraction: 0.97, bytesDone: size?.bytes ?? move.bytesTotal });
  await analyseTarget(deps, { group, ground }, context);
  if (size !== undefined) {
    observe("done", size.bytes);
    await recordMove(deps, { group, size, spent, totalMs }, context);
  }
  return "done";
}

function readCatalog({ changes }: ChangeDeps, context: JobContext): Promise<Catalog> {
  return repeatStep(() => changes.readCatalog(context.signal), context);
}

async function checkAgain({ changes }: ChangeDeps, placing: Placing, context: JobContext): Promise<void> {
  const { signal } = context;
  const nodes = await repeatStep(() => changes.readNodes(signal), context);
  const pins = await repeatStep(() => changes.readPins(signal), context);
  checkPlacement(placing, { nodes, pins });
}

function sizeOf(
  relation: string,
  { deps, catalog, shard }: { readonly deps: ChangeDeps; readonly catalog: Catalog; readonly shard: Shard },
  context: JobContext,
): Promise<ShardSize> {
  const node = primaryName(catalog, shard.group);
  if (node === "") throw new OrreryError("NODE_NOT_FOUND", `node group ${shard.group} has no primary`);
  return repeatStep(() => deps.changes.shardSize(node, relation, context.signal), context);
}

interface OneMove {
  readonly group: GroupMove;
  readonly ground: Ground;
}

/** Runs the statement that moves the shard group, and watches it. */
async function transfer(
  deps: ChangeDeps,
  { group, ground: { shard, source, target, relation, size } }: OneMove,
  context: JobContext,
): Promise<{ readonly end: "reached" | "cancelled"; readonly spent: PhaseTimes }> {
  const moved = new AbortController();
  const signal = AbortSignal.any([context.signal, moved.signal]);
  const watched = watchMove(deps, { move: group.move, report: group.report, relation, size }, signal);
  const step = {
    session: sessionName(context, group.number),
    statement: () =>
      ({
        kind: "move",
        shard: shard.id,
        source,
        target: target.id,
        blockWrites: group.blockWrites,
      }) as const,
    isReached: async () => findShard(await readCatalog(deps, context), shard.id).shard.group === target.group,
    mayCancel: watched.mayCancel,
    cancelled: group.cancelled,
    term: termOf(context),
  } as const;
  try {
    return { end: await runLongStep(deps, step, context), spent: watched.spent };
  } finally {
    moved.abort();
    await watched.ended;
  }
}

async function analyseTarget(
  deps: ChangeDeps,
  { group: { move }, ground: { relation } }: OneMove,
  context: JobContext,
): Promise<void> {
  const analyse = () => deps.changes.analyse(move.target, [relation], context.signal);
  await repeatStep(analyse, context).catch((error: unknown) => passOver(error, { move, deps, context }));
}

/** What it took is kept for later estimates. */
async function recordMove(
  deps: ChangeDeps,
  {
    group: { move, blockWrites },
    size,
    spent,
    totalMs,
  }: {
    readonly group: GroupMove;
    readonly size: ShardSize;
    readonly spent: PhaseTimes;
    readonly totalMs: number;
  },
  context: JobContext,
): Promise<void> {
  const made = {
    ...size,
    ...spent,
    totalMs,
    operation: context.operation.id,
    shard: move.shard,
    source: move.source,
    target: move.target,
    transferMode: blockWrites ? "block_writes" : "logical",
  };
  const record = () => deps.changes.recordMove(made, termOf(context), context.signal);
  await repeatStep(record, context).catch((error: unknown) => passOver(error, { move, deps, context }));
}

/** What fails after the cut-over neither makes the move a failed one nor stops those after it. */
function passOver(
  error: unknown,
  {
    move,
    deps,
    context,
  }: { readonly move: MoveProgress; readonly deps: ChangeDeps; readonly context: JobContext },
): void {
  if (context.signal.aborted || !isOrreryError(error) || error.code === "NOT_LEADER") throw error;
  deps.logger.warn({ shard: move.shard, code: error.code }, `after a move: ${error.message}`);
}
