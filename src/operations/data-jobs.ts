/** What the operations on collections and namespaces do. */

import type { CollectionSpec, Engine } from "../engines/engine.ts";
import type { JsonObject } from "../lib/json.ts";
import { decodeCollectionSettings, sameChoice } from "../topology/collection-settings.ts";
import { type Collection, findCollection, type Metric, type Quantization } from "../topology/shard-map.ts";
import { type Job, type JobContext, repeatStep } from "./job.ts";
import type { DataOperationKind } from "./types.ts";
import { updateCollection } from "./update-collection.ts";
import { type ServedDeps, waitUntilServed } from "./wait-until-served.ts";

/**
 * `WriteApi.deleteNamespace`: deletes in batches and returns how many records; abort ends it between two
 * batches.
 */
export type DeleteNamespace = (
  request: {
    readonly collection: string;
    readonly namespace: string;
    readonly confirm: () => Promise<void>;
    readonly onProgress?: (deleted: number) => void;
  },
  context: { readonly signal: AbortSignal; readonly requestId: string },
) => Promise<number>;

export interface DataJobDeps extends ServedDeps {
  readonly engine: Pick<Engine, "createCollection" | "dropCollection" | "updates">;
  readonly deleteNamespace: DeleteNamespace;
}

export function createDataJobs(deps: DataJobDeps): Readonly<Record<DataOperationKind, Job>> {
  return {
    create_collection: { cancellation: "noted", run: (context) => createCollection(deps, context) },
    update_collection: { cancellation: "handled", run: (context) => updateCollection(deps, context) },
    delete_collection: { cancellation: "noted", run: (context) => deleteCollection(deps, context) },
    delete_namespace: { cancellation: "aborts", run: (context) => deleteNamespace(deps, context) },
  };
}

async function createCollection(deps: DataJobDeps, context: JobContext) {
  const spec = specOf(context.operation.arguments);
  await context.enter("create table");
  await repeatStep(() => deps.engine.createCollection(spec, context.signal, context.confirm), context);
  context.report({ fraction: 0.5 });
  await context.enter("wait until served");
  const message = await waitUntilServed(
    deps,
    (map) => {
      const collection = findCollection(map, spec.name);
      return collection !== undefined && hasSettings(collection, spec);
    },
    context.signal,
  );
  return { message, result: { collection: spec.name } };
}

async function deleteCollection(deps: DataJobDeps, context: JobContext) {
  const { collection, collection_id: id } = context.operation.arguments;
  const name = String(collection);
  await context.enter("drop table");
  // By its id: a coordinator that was frozen here must not drop another one that got the name since.
  await repeatStep(
    () => deps.engine.dropCollection(name, context.signal, typeof id === "number" ? id : undefined),
    context,
  );
  context.report({ fraction: 0.5 });
  await context.enter("wait until served");
  const message = await waitUntilServed(
    deps,
    (map) => {
      const left = findCollection(map, name);
      return left === undefined || (id !== undefined && left.id !== id);
    },
    context.signal,
  );
  return { message, result: { collection: name } };
}

async function deleteNamespace(deps: DataJobDeps, context: JobContext) {
  const { id, arguments: args } = context.operation;
  const request = { collection: String(args.collection), namespace: String(args.namespace) };
  let deletedBefore = 0;
  const step = async () => {
    let deletedNow = 0;
    const onProgress = (deleted: number) => {
      deletedNow = deleted;
      context.report({ message: `deleted ${deletedBefore + deletedNow} records` });
    };
    try {
      return await deps.deleteNamespace(
        // A coordinator that was frozen here, while another one brought the operation to its end, must not
        // delete what was written since.
        { ...request, confirm: context.save, onProgress },
        { signal: context.signal, requestId: id },
      );
    } catch (error) {
      deletedBefore += deletedNow;
      throw error;
    }
  };
  await context.enter("delete records");
  const deletedLast = await repeatStep(step, context);
  const deleted = deletedBefore + deletedLast;
  return { message: `deleted ${deleted} records`, result: { deleted } };
}

/** The arguments of `create_collection`. */
export function argumentsOf({
  name,
  dimension,
  metric,
  quantization,
  hnsw,
  shardCount,
  settings,
}: CollectionSpec) {
  return {
    collection: name,
    dimension,
    metric,
    quantization,
    m: hnsw.m,
    ef_construction: hnsw.efConstruction,
    shard_count: shardCount,
    ...(settings !== undefined && { settings: settings as JsonObject }),
  };
}

function specOf(args: JsonObject): CollectionSpec {
  return {
    name: String(args.collection),
    dimension: Number(args.dimension),
    // Absent where an earlier version began it.
    metric: (args.metric ?? "cosine") as Metric,
    quantization: args.quantization as Quantization,
    hnsw: { m: Number(args.m), efConstruction: Number(args.ef_construction) },
    shardCount: Number(args.shard_count),
    ...(args.settings !== undefined && { settings: decodeCollectionSettings(args.settings) }),
  };
}

/** True when the collection is what the spec asks for; the number of shards may have changed by splits. */
export function hasSettings(collection: Collection, spec: CollectionSpec): boolean {
  return (
    collection.dimension === spec.dimension &&
    collection.metric === spec.metric &&
    collection.quantization === spec.quantization &&
    collection.hnsw.m === spec.hnsw.m &&
    collection.hnsw.efConstruction === spec.hnsw.efConstruction &&
    sameChoice(collection.settings, spec.settings)
  );
}
