/** The move of one shard group, from set-up to statistics; each part may be repeated. */
import type { ShardSize } from "../../engines/placement-changes.ts";
import { isOrreryError, OrreryError } from "../../errors.ts";
import { pause } from "../../lib/pause.ts";
import { type Catalog, type Collection, primaryOf, type Shard } from "../../topology/shard-map.ts";
import { type JobContext, repeatStep } from "../job.ts";
import type { MoveProgress } from "../types.ts";
import { type ChangeDeps, termOf } from "./change-deps.ts";
import { checkPlacement } from "./check-placement.ts";
import { runLongStep } from "./long-step.ts";
import { progressOf } from "./move-progress.ts";

const PROGRESS_INTERVAL_MS = 500;

export interface GroupMove {
  /** Its place in the operation, which names its session. */
  readonly number: number;
  readonly move: MoveProgress;
  readonly blockWrites: boolean;
  /** Cancels this move and not the operation. */
  readonly cancelled: AbortSignal;
  readonly report: (progress: Partial<MoveProgress>) => void;
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
  const { changes, observer, epochMs } = deps;
  const { signal } = context;
  const { move } = group;
  const read = () => repeatStep(() => changes.readCatalog(signal), context);
  const catalog = await read();
  const { collection, shard } = findShard(catalog, move.shard);
  const target = nodeOf(catalog, move.target);
  const relation = deps.relations.readRelation(collection, shard.id);

  // One that an earlier leader has begun is left to its end.
  if (shard.group !== target.group && move.state !== "running") {
    const [nodes, pins] = [
      await repeatStep(() => changes.readNodes(signal), context),
      await repeatStep(() => changes.readPins(signal), context),
    ];
    checkPlacement({ collection, shard, target: move.target }, { nodes, pins });
  }

  const startedAtMs = move.startedAtMs ?? epochMs();
  group.report({ state: "running", startedAtMs });
  // Before its statement begins, so that a later leader brings to its end what it finds under way.
  await context.save();
  const size =
    shard.group === target.group
      ? undefined
      : await repeatStep(
          () => changes.shardSize(primaryName(catalog, shard.group), relation, signal),
          context,
        );
  if (size !== undefined) group.report({ bytesTotal: size.bytes });
  const spent = { copyMs: 0, indexMs: 0 };
  const moved = new AbortController();
  const watching = watchProgress(deps, group, {
    relation,
    size,
    spent,
    signal: AbortSignal.any([signal, moved.signal]),
  });
  let end: "reached" | "cancelled";
  try {
    end = await runLongStep(
      changes,
      {
        session: sessionName(context, group.number),
        statement: {
          kind: "move",
          shard: shard.id,
          source: primaryOf(catalog, shard.group)?.id ?? 0,
          target: target.id,
          blockWrites: group.blockWrites,
        },
        isReached: async () => findShard(await read(), shard.id).shard.group === target.group,
        mayCancel: watching.mayCancel,
        cancelled: group.cancelled,
        term: termOf(context),
      },
      context,
    );
  } catch (error) {
    if (!signal.aborted)
      observer.shardMoved({ kind: "move", result: "failed", bytes: 0, elapsedMs: epochMs() - startedAtMs });
    throw error;
  } finally {
    moved.abort();
    await watching.ended;
  }
  const elapsedMs = epochMs() - startedAtMs;
  if (end === "cancelled") {
    observer.shardMoved({ kind: "move", result: "cancelled", bytes: 0, elapsedMs });
    return "cancelled";
  }

  // At once: until the others know, each of their reads is refused once and asked again.
  await deps.publishNow();
  group.report({ phase: "analyse", fraction: 0.97, bytesDone: size?.bytes ?? move.bytesTotal });
  // What is left to do is no reason to call a move failed that was made, nor to give up those behind it.
  const passOver = (error: unknown) => {
    if (signal.aborted || !isOrreryError(error) || error.code === "NOT_LEADER") throw error;
    deps.logger.warn({ shard: shard.id, code: error.code }, `after a move: ${error.message}`);
  };
  await repeatStep(() => changes.analyse(move.target, [relation], signal), context).catch(passOver);
  if (size === undefined) return "done";
  observer.shardMoved({ kind: "move", result: "done", bytes: size.bytes, elapsedMs });
  const made = {
    ...size,
    ...spent,
    totalMs: elapsedMs,
    operation: context.operation.id,
    shard: shard.id,
    source: move.source,
    target: move.target,
    transferMode: group.blockWrites ? "block_writes" : "logical",
  };
  await repeatStep(() => changes.recordMove(made, termOf(context), signal), context).catch(passOver);
  return "done";
}

/** Named after the step, so that a later leader finds it. */
export function sessionName({ operation }: Pick<JobContext, "operation">, number: number): string {
  return `orrery-op-${operation.id}-${number}`;
}

export function findShard(
  catalog: Catalog,
  id: number,
): { readonly collection: Collection; readonly shard: Shard } {
  for (const collection of catalog.collections) {
    const shard = collection.shards.find((other) => other.id === id);
    if (shard !== undefined) return { collection, shard };
  }
  throw new OrreryError("SHARD_NOT_FOUND", `shard ${id} does not exist`, {
    details: { metadata: { shard: String(id) } },
  });
}

/** The node of this name. NODE_NOT_FOUND. */
export function nodeOf(catalog: Catalog, name: string) {
  const node = catalog.nodes.find((other) => other.name === name);
  if (node !== undefined) return node;
  throw new OrreryError("NODE_NOT_FOUND", `there is no node ${JSON.stringify(name)}`, {
    details: { metadata: { node: name } },
  });
}

function primaryName(catalog: Catalog, group: number): string {
  const node = primaryOf(catalog, group);
  if (node !== undefined) return node.name;
  throw new OrreryError("NODE_NOT_FOUND", `node group ${group} has no primary`);
}

/**
 * Reports bytes and phase until `signal` aborts, sums up what each long phase took, and has the target
 * analysed once its rows are there: without statistics its first searches after the cut-over would compare
 * all rows. That it did not work is no loss, the stage after the cut-over does it again.
 */
function watchProgress(
  { changes, epochMs }: ChangeDeps,
  group: GroupMove,
  {
    relation,
    size,
    spent,
    signal,
  }: {
    readonly relation: string;
    readonly size: ShardSize | undefined;
    readonly spent: { copyMs: number; indexMs: number };
    readonly signal: AbortSignal;
  },
): { mayCancel(): boolean; readonly ended: Promise<void> } {
  /** undefined: not known yet, so that it might be any. */
  let phase: MoveProgress["phase"] | undefined;
  let analysing: Promise<void> | undefined;
  const copyBytes = size === undefined ? 0 : size.bytes - size.indexBytes;
  const passOver = (error: unknown) => {
    if (!signal.aborted && !isOrreryError(error)) throw error;
  };
  const look = async () => {
    const transfer = (await changes.transfers(signal)).find(({ shard }) => shard === group.move.shard);
    if (transfer === undefined) {
      phase ??= "set up";
      return;
    }
    const building = progressOf(transfer, { copyBytes }).phase === "build indexes";
    const indexBuild = building ? await changes.indexBuild(group.move.target, relation, signal) : undefined;
    const progress = progressOf(transfer, { indexBuild, copyBytes });
    phase = progress.phase;
    group.report(progress);
    if (isCopied(phase)) analysing ??= changes.analyse(group.move.target, [relation], signal).catch(passOver);
  };
  const run = async () => {
    for (let before = epochMs(); !signal.aborted; ) {
      // The next look makes up for one that failed.
      await look().catch(passOver);
      await pause(PROGRESS_INTERVAL_MS, signal);
      const now = epochMs();
      if (phase === "copy") spent.copyMs += now - before;
      if (phase === "build indexes") spent.indexMs += now - before;
      before = now;
    }
  };
  const mayCancel = () => phase !== undefined && phase !== "final catch-up" && phase !== "cut over";
  return { mayCancel, ended: run().then(() => analysing) };
}

/** Building an index keeps others from analysing, and waits for one that does; catching up needs neither. */
function isCopied(phase: MoveProgress["phase"]): boolean {
  return phase === "catch up" || phase === "build indexes" || phase === "final catch-up";
}
