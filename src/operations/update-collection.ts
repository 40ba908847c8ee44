/**
 * What the change of a collection that is there does. Indexes are built before searches hear of them, and
 * dropped after:
 *
 *   build indexes -> store vectors in rows -> change settings -> wait until served -> drop indexes
 *
 * Cancelled before settings change, it drops the indexes that it has built; rows that were written anew stay
 * so. From then on it goes to its end.
 */
import type { SettingsIndexes, UpdateRun } from "../engines/collection-updates.ts";
import type { Engine } from "../engines/engine.ts";
import { isOrreryError } from "../errors.ts";
import type { JsonObject } from "../lib/json.ts";
import {
  changedSettings,
  decodeCollectionSettings,
  type SettingsChange,
  sameChoice,
} from "../topology/collection-settings.ts";
import { findCollection, type ShardMap } from "../topology/shard-map.ts";
import { type JobContext, type JobResult, repeatStep } from "./job.ts";
import { runStages, type Stage } from "./stages.ts";
import { type ServedDeps, waitUntilServed } from "./wait-until-served.ts";

const STORE = "store vectors in rows";

export interface UpdateDeps extends ServedDeps {
  readonly engine: Pick<Engine, "updates">;
}

/** What is asked for, as it was checked and completed when the operation began. */
export interface CollectionUpdate {
  readonly name: string;
  readonly id: number;
  readonly change: SettingsChange;
  /** The filter indexes that go. */
  readonly dropped: SettingsIndexes;
}

export async function updateCollection(deps: UpdateDeps, context: JobContext): Promise<JobResult> {
  const update = updateOf(context.operation.arguments);
  const { updates } = deps.engine;
  const { change, dropped } = update;
  /** Until settings change. */
  const mayStop = AbortSignal.any([context.signal, context.cancelled]);
  let message = "";
  const run = (signal: AbortSignal, from: number, to: number): UpdateRun => ({
    signal,
    confirm: context.confirm,
    report: (fraction, what) => context.report({ fraction: from + fraction * (to - from), message: what }),
  });
  const step = (work: () => Promise<void>) => repeatStep(work, { signal: mayStop, report: context.report });
  const stages: readonly Stage[] = [
    ...stageIf(hasIndexes(change), "build indexes", () =>
      step(() =>
        updates.buildIndexes(update, change, run(mayStop, 0, change.storage === "inline" ? 0.4 : 0.8)),
      ),
    ),
    ...stageIf(change.storage === "inline", STORE, () =>
      step(() => updates.storeInline(update, run(mayStop, hasIndexes(change) ? 0.4 : 0, 0.8))),
    ),
    {
      name: "change settings",
      run: () => repeatStep(() => updates.changeSettings(update, change, context), context),
    },
    {
      name: "wait until served",
      run: async () => {
        message = await waitUntilServed(deps, (map) => serves(map, update), context.signal);
      },
    },
    ...stageIf(hasIndexes(dropped), "drop indexes", () =>
      repeatStep(() => updates.dropIndexes(update, dropped, run(context.signal, 0.9, 1)), context),
    ),
  ];
  let begun = "";
  const noted = stages.map(
    ({ name, run: work }): Stage => ({
      name,
      run: async () => {
        begun = name;
        if (name !== "drop indexes" && name !== "wait until served") mayStop.throwIfAborted();
        await work();
      },
    }),
  );
  try {
    await runStages(context, noted);
  } catch (error) {
    if (context.signal.aborted || (begun !== "build indexes" && begun !== STORE)) throw error;
    await undo(deps, update, context);
    if (!context.cancelled.aborted || isOrreryError(error, "NOT_LEADER")) throw error;
    return { state: "cancelled", message: "dropped what was built", result: { collection: update.name } };
  }
  return { message, result: { collection: update.name } };
}

/** Drops what was built and searches have not heard of. */
async function undo(deps: UpdateDeps, update: CollectionUpdate, context: JobContext): Promise<void> {
  context.report({ message: "drops what was built" });
  const run = { signal: context.signal, confirm: context.confirm, report: () => {} };
  await repeatStep(() => deps.engine.updates.dropIndexes(update, update.change, run), context);
}

function stageIf(isNeeded: boolean, name: string, run: () => Promise<void>): readonly Stage[] {
  return isNeeded ? [{ name, run }] : [];
}

function hasIndexes({ filterIndexes = [], recordIndexes = [] }: SettingsIndexes): boolean {
  return filterIndexes.length + recordIndexes.length > 0;
}

function serves(map: ShardMap, { name, id, change }: CollectionUpdate): boolean {
  const collection = findCollection(map, name);
  if (collection?.id !== id) return true;
  const { settings = {} } = collection;
  const wanted = changedSettings(settings, change);
  return (
    sameChoice(settings, wanted) &&
    wanted.storage === settings.storage &&
    wanted.recordIndexes?.length === (settings.recordIndexes?.length ?? 0)
  );
}

/** The arguments of `update_collection`. */
export function updateArguments({ name, id, change, dropped }: CollectionUpdate): JsonObject {
  const { droppedFilterIndexes: _, ...settings } = change;
  return {
    collection: name,
    collection_id: id,
    change: settings as JsonObject,
    ...(dropped.filterIndexes !== undefined && {
      dropped: { filterIndexes: dropped.filterIndexes } as JsonObject,
    }),
  };
}

function updateOf(args: JsonObject): CollectionUpdate {
  const dropped = decodeCollectionSettings(args.dropped ?? {});
  return {
    name: String(args.collection),
    id: Number(args.collection_id),
    change: {
      ...decodeCollectionSettings(args.change ?? {}),
      droppedFilterIndexes: (dropped.filterIndexes ?? []).map(({ name }) => name),
    },
    dropped,
  };
}
