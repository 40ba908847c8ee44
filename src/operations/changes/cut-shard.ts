/** Cuts a shard group in place: what a split and the isolation of a namespace have in common. */
import type { LongStatement } from "../../engines/placement-changes.ts";
import { type Catalog, primaryOf, type Shard } from "../../topology/shard-map.ts";
import { type JobContext, repeatStep } from "../job.ts";
import type { Operation } from "../types.ts";
import { type ChangeDeps, termOf } from "./change-deps.ts";
import { collectionIn } from "./find-in-catalog.ts";
import { runLongStep, sessionName } from "./long-step.ts";

export interface Cut {
  readonly kind: "split" | "isolate";
  /** Its number within the operation, which names its session. */
  readonly number: number;
  readonly statement: LongStatement;
  /** Whether the shards are cut, by the catalogs. */
  readonly isReached: () => Promise<boolean>;
}

/** Cuts, publishes the new map at once, and notifies the observer. */
export async function cutShard(
  deps: ChangeDeps,
  { kind, number, statement, isReached }: Cut,
  context: JobContext,
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

/** The shard group that an operation cuts, as it was before, from its record. */
export function rangeOf({ arguments: args }: Pick<Operation, "arguments">) {
  const { collection, shard, min, max } = args;
  return { collection: String(collection), shard: Number(shard), min: Number(min), max: Number(max) };
}

/** The shards that are now where the cut one was. Pure. */
export function shardsIn(catalog: Catalog, range: ReturnType<typeof rangeOf>): readonly Shard[] {
  return collectionIn(catalog, range.collection).shards.filter(
    ({ min, max }) => min >= range.min && max <= range.max,
  );
}

/** Gives the planner statistics of every shard that the cut has made. */
export async function analyseCut({ changes, relations }: ChangeDeps, context: JobContext): Promise<void> {
  const { signal } = context;
  const range = rangeOf(context.operation);
  const catalog = await repeatStep(() => changes.readCatalog(signal), context);
  const collection = collectionIn(catalog, range.collection);
  for (const shard of shardsIn(catalog, range)) {
    const node = primaryOf(catalog, shard.group)?.name;
    if (node === undefined) continue;
    const relation = relations.readRelation(collection, shard.id);
    await repeatStep(() => changes.analyse(node, [relation], signal), context);
  }
}
