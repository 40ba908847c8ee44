/**
 * Cuts a shard group into pieces: what a split and the isolation of a namespace have in common. Pieces that
 * belong on the node that holds the shard group are moved there afterwards (rebalance/place-pieces.ts).
 */
import type { LongStatement } from "../../engines/placement-changes.ts";
import type { JsonObject, JsonValue } from "../../lib/json.ts";
import { type Catalog, type HashRange, primaryOf, type Shard } from "../../topology/shard-map.ts";
import { type JobContext, type JobResult, repeatStep } from "../job.ts";
import { runStages, type Stage } from "../stages.ts";
import type { MoveProgress, Operation } from "../types.ts";
import { type ChangeDeps, termOf } from "./change-deps.ts";
import { takesShards } from "./check-target.ts";
import { cleanUp } from "./clean-up.ts";
import { type AskedPiece, rangesBetween } from "./cut-pieces.ts";
import { collectionIn, findNode, findShard, primaryName } from "./find-in-catalog.ts";
import { runLongStep, sessionName } from "./long-step.ts";
import { optionsOf, pendingMove } from "./move-arguments.ts";
import { moveStages } from "./move-stages.ts";
import { planCut } from "./plan-cut.ts";

export interface CutJob {
  readonly kind: "split" | "isolate";
  /** Stages before the cut. */
  readonly before?: readonly Stage[];
  /** Last hash of each piece but the last, for the shard group as it is. */
  readonly points: (range: HashRange) => readonly number[];
  /** The pieces as they were asked for. */
  readonly asked: (ranges: readonly HashRange[]) => readonly AskedPiece[];
  /** What came out. */
  readonly result: (pieces: readonly Shard[]) => JsonObject;
}

/** Number of the session that cuts, above those of the moves. */
const CUT_NUMBER = 1_000;
/** The share of the work that cutting makes up where pieces are moved afterwards. */
const CUT_SHARE = 0.5;

/** Runs the stages `cut.before`, `split` or `isolate`, `analyse`, `move` and `clean up`. */
export async function runCut(deps: ChangeDeps, outer: JobContext, cut: CutJob): Promise<JobResult> {
  const context = addingToResult(outer);
  const { operation } = context;
  const plan = { pieces: recordedPieces(operation) };
  let cancelled = operation.result?.cancelled === true;
  const movesOf = () => (cancelled ? [] : movesAfterCut(deps, plan, context));
  const { move, clean, end } = moveStages(deps, context, { movesOf, share: { from: CUT_SHARE, to: 1 } });
  const stages: readonly Stage[] = [
    ...(cut.before ?? []),
    {
      name: cut.kind,
      async run() {
        cancelled = (await cutOnce(deps, { cut, plan }, context)) === "cancelled";
        context.report({ fraction: CUT_SHARE, result: { cancelled } });
      },
    },
    { name: "analyse", run: () => analysePieces(deps, context) },
    move,
    clean,
  ];
  await runStages(context, stages, () => cleanUp(deps, context));
  const pieces = shardsIn(await readCatalog(deps, context), rangeOf(operation));
  const moved = end(`${pieces.length} shard groups are where shard ${rangeOf(operation).shard} was`);
  const result = { ...cut.result(pieces), ...moved.result };
  return cancelled ? { ...moved, state: "cancelled", message: "", result } : { ...moved, result };
}

/** The same context, whose reports add to the result in the record and take nothing away from it. */
function addingToResult(context: JobContext): JobContext {
  let known = context.operation.result ?? {};
  return {
    ...context,
    report(progress) {
      if (progress.result === undefined) return context.report(progress);
      known = { ...known, ...progress.result };
      context.report({ ...progress, result: known });
    },
  };
}

/** Cuts, publishes the new map at once, and notifies the observer. */
async function cutOnce(
  deps: ChangeDeps,
  { cut, plan }: { readonly cut: CutJob; readonly plan: CutPlan },
  context: JobContext,
): Promise<"reached" | "cancelled"> {
  const { kind } = cut;
  const range = rangeOf(context.operation);
  const points = cut.points(range);
  const isReached = async () => {
    const { shards } = collectionIn(await readCatalog(deps, context), range.collection);
    return points.every((point) => shards.some(({ max }) => max === point));
  };
  const startedAtMs = deps.epochMs();
  const observe = (result: "done" | "failed" | "cancelled") =>
    deps.observer.shardMoved({ kind, result, bytes: 0, elapsedMs: deps.epochMs() - startedAtMs });
  const step = {
    session: sessionName(context, CUT_NUMBER),
    statement: () => statementOf(deps, { cut, plan, points }, context),
    isReached,
    mayCancel: () => true,
    term: termOf(context),
  };
  try {
    const end = await runLongStep(deps, step, context);
    observe(end === "reached" ? "done" : "cancelled");
    if (end === "reached") await deps.publishNow();
    return end;
  } catch (error) {
    if (!context.signal.aborted) observe("failed");
    throw error;
  }
}

/**
 * By the plan in the record; by a new one where the shard group was moved since, or an older version has
 * recorded none. PLACEMENT_REFUSED, NODE_NOT_FOUND and the like when a node may take no pieces any more.
 */
async function statementOf(
  deps: ChangeDeps,
  { cut, plan, points }: { readonly cut: CutJob; readonly plan: CutPlan; readonly points: readonly number[] },
  context: JobContext,
): Promise<LongStatement> {
  const { operation, signal } = context;
  const range = rangeOf(operation);
  const { transferMode } = optionsOf(operation.arguments);
  const catalog = await readCatalog(deps, context);
  const { collection, shard } = findShard(catalog, range.shard);
  if (plan.pieces.length === 0 || operation.arguments.source !== primaryName(catalog, shard.group)) {
    const pieces = cut.asked(rangesBetween(points, range));
    const { facts } = await planCut(deps, { collection, shard, pieces, transferMode }, signal);
    plan.pieces = toPieces(facts?.pieces);
  }
  const { pieces } = plan;
  const nodes = await deps.changes.readNodes(signal);
  const blockWrites = transferMode === "block_writes";
  for (const { node } of pieces) if (findNode(nodes, node).group !== shard.group) takesShards(nodes, node);
  context.report({ result: { pieces: pieces as unknown as JsonObject[] } });
  // Before it begins, so that a later leader knows what is to be moved afterwards.
  await context.save();
  const ids = pieces.map(({ node }) => findNode(nodes, node).id);
  return { kind: "split", shard: shard.id, points, nodes: ids, blockWrites };
}

/** As `planCut` records them. */
interface RecordedPiece {
  readonly node: string;
  readonly moved_to?: string;
}

/** In the order of their hashes; none in the record of an older version. */
function recordedPieces({ arguments: args, result }: Operation): readonly RecordedPiece[] {
  return toPieces(result?.pieces ?? args.pieces);
}

function toPieces(value: JsonValue | undefined): readonly RecordedPiece[] {
  return (value ?? []) as unknown as readonly RecordedPiece[];
}

/** What the operation goes by; a new plan replaces the recorded one. */
interface CutPlan {
  pieces: readonly RecordedPiece[];
}

async function movesAfterCut(
  deps: ChangeDeps,
  { pieces }: CutPlan,
  context: JobContext,
): Promise<readonly MoveProgress[]> {
  const { operation } = context;
  const { collection } = rangeOf(operation);
  const catalog = await readCatalog(deps, context);
  return shardsIn(catalog, rangeOf(operation)).flatMap(({ id, group }, index) => {
    const recorded = operation.moves?.find((move) => move.shard === id);
    if (recorded !== undefined) return [recorded];
    const target = pieces[index]?.moved_to;
    const source = primaryName(catalog, group);
    return target === undefined || target === source
      ? []
      : [pendingMove({ shard: id, collection, source, target })];
  });
}

/** Gives the planner statistics of every shard that the cut has made. */
async function analysePieces(deps: ChangeDeps, context: JobContext): Promise<void> {
  const { changes, relations } = deps;
  const range = rangeOf(context.operation);
  const catalog = await readCatalog(deps, context);
  const collection = collectionIn(catalog, range.collection);
  for (const shard of shardsIn(catalog, range)) {
    const node = primaryOf(catalog, shard.group)?.name;
    if (node === undefined) continue;
    const relation = relations.readRelation(collection, shard.id);
    await repeatStep(() => changes.analyse(node, [relation], context.signal), context);
  }
}

function readCatalog({ changes }: ChangeDeps, context: JobContext): Promise<Catalog> {
  return repeatStep(() => changes.readCatalog(context.signal), context);
}

/** The shard group that an operation cuts, as it was before, from its record. */
export function rangeOf({ arguments: args }: Pick<Operation, "arguments">) {
  const { collection, shard, min, max } = args;
  return { collection: String(collection), shard: Number(shard), min: Number(min), max: Number(max) };
}

/** The shards that are now where the cut one was, in the order of their hashes. Pure. */
export function shardsIn(catalog: Catalog, range: ReturnType<typeof rangeOf>): readonly Shard[] {
  return collectionIn(catalog, range.collection)
    .shards.filter(({ min, max }) => min >= range.min && max <= range.max)
    .toSorted((a, b) => a.min - b.min);
}
