/** Pins a namespace to a node group and moves its shard group there, or takes its pin off. */
import type { PinRow } from "../../engines/placement-changes.ts";
import { hashText, shardAt } from "../../topology/ring.ts";
import type { Catalog, Collection, Shard } from "../../topology/shard-map.ts";
import type { MoveOptions } from "../change-request.ts";
import { type JobContext, type JobResult, repeatStep } from "../job.ts";
import { runStages, type Stage } from "../stages.ts";
import type { ChangeDefinition } from "./change-definition.ts";
import { type ChangeDeps, type CheckDeps, termOf } from "./change-deps.ts";
import { checkTarget } from "./check-target.ts";
import { collectionIn, findNode, primaryName, shardOfNamespace } from "./find-in-catalog.ts";
import { argumentsOfOptions, pendingMove } from "./move-arguments.ts";
import { moveStages } from "./move-stages.ts";
import { refused } from "./refusals.ts";

interface Pinned {
  readonly collection: string;
  readonly namespace: string;
}

export type PinNamespaceSpec = Pinned & {
  /** undefined: take the pin off. `target`: name of a node. */
  readonly pin?: { readonly target: string; readonly options: MoveOptions };
};

/**
 * COLLECTION_NOT_FOUND, NODE_NOT_FOUND, PLACEMENT_REFUSED (another namespace of the shard group is pinned
 * elsewhere, or the node is to be emptied), NODE_UNFIT. A namespace without a pin may have it taken off.
 */
export const pinNamespace: ChangeDefinition<PinNamespaceSpec> = {
  kind: "update_namespace",
  title: "pin namespaces",
  reach: { touches: "collection", onCollision: "waits" },
  rights: "transfers",
  argumentsOf: ({ collection, namespace, pin }) => ({
    collection,
    namespace,
    ...(pin && { target: pin.target, ...argumentsOfOptions(pin.options) }),
  }),

  async check({ pin, ...namespace }, deps, signal) {
    const { changes } = deps;
    const catalog = await changes.readCatalog(signal);
    const { collection, shard } = shardOfNamespace(catalog, namespace);
    if (pin === undefined) return { facts: { shard: shard.id } };

    const { target } = pin;
    const node = findNode(await changes.readNodes(signal), target);
    const pins = (await changes.readPins(signal)).filter((one) => one.collection === collection.id);
    refuseContrary(pins, { ...namespace, collection, shard, group: node.group });
    const before = pins.find((one) => one.namespace === namespace.namespace);
    const facts = { shard: shard.id, ...(before && { pinned_to: before.group }) };
    if (node.group === shard.group) {
      if (node.role === "primary" && !node.mayHoldShards) throw refused(`${target} is to be emptied`);
      return { facts };
    }
    await checkTarget(withoutPinsOf(namespace, deps), { shard, target }, signal);
    const source = primaryName(catalog, shard.group);
    return { facts, moves: [pendingMove({ shard: shard.id, collection: collection.name, source, target })] };
  },

  cancellation: "handled",
  async run(deps, context) {
    if (context.operation.arguments.target !== undefined) return pinAndMove(deps, context);
    await runStages(context, [{ name: "remove pin", run: () => unpin(deps, context) }]);
    return { message: "", result: {} };
  },
};

/** Throws PLACEMENT_REFUSED when another namespace of the shard group is pinned to another node group. */
function refuseContrary(
  pins: readonly PinRow[],
  {
    namespace,
    collection,
    shard,
    group,
  }: { readonly collection: Collection; readonly shard: Shard } & Pick<PinRow, "namespace" | "group">,
): void {
  const contrary = pins.find(
    (pin) =>
      pin.namespace !== namespace &&
      pin.group !== group &&
      shardAt(collection, hashText(pin.shardKey)).id === shard.id,
  );
  if (contrary === undefined) return;
  throw refused(
    `namespace ${JSON.stringify(contrary.namespace)} of the same shard group is pinned to node group ${contrary.group}: isolate one of them first`,
  );
}

/** The pin that is about to be replaced does not keep the namespace from moving. */
function withoutPinsOf(
  { collection, namespace }: Pinned,
  { changes, inventory }: CheckDeps,
): Pick<CheckDeps, "changes" | "inventory"> {
  return {
    changes,
    inventory: async (signal) => {
      const known = await inventory(signal);
      const pins = known.pins.filter((pin) => pin.collection !== collection || pin.namespace !== namespace);
      return { ...known, pins };
    },
  };
}

/** Where the move does not come about, the pin is put back as it was. */
async function pinAndMove(deps: ChangeDeps, context: JobContext): Promise<JobResult> {
  const { operation } = context;
  const { target, pinned_to: pinnedTo } = operation.arguments;
  const names = namesOf(context);
  const read = () => readCatalog(deps, context);
  const placeIn = (catalog: Catalog) => ({
    shard: shardOfNamespace(catalog, names).shard,
    group: findNode(catalog.nodes, String(target)).group,
  });
  const restore = async () => {
    const { shard, group } = placeIn(await read());
    if (shard.group === group) return;
    await (typeof pinnedTo === "number" ? pinTo(pinnedTo, deps, context) : unpin(deps, context));
  };
  const movesOf = async () => {
    const catalog = await read();
    const { shard, group } = placeIn(catalog);
    if (shard.group === group && operation.moves === undefined) return [];
    const { collection } = names;
    const source = primaryName(catalog, shard.group);
    const recorded = operation.moves?.find((move) => move.shard === shard.id);
    return [recorded ?? pendingMove({ shard: shard.id, collection, source, target: String(target) })];
  };
  const { move, clean, end } = moveStages(deps, context, { movesOf });
  const stages: readonly Stage[] = [
    {
      name: "record pin",
      run: async () => pinTo(placeIn(await read()).group, deps, context),
    },
    move,
    {
      name: "clean up",
      async run() {
        if (end().state === "cancelled") await restore();
        await clean.run();
      },
    },
  ];
  await runStages(context, stages, async () => {
    await restore();
    await clean.run();
  });
  return end();
}

function namesOf({ operation }: JobContext): Pinned {
  const { collection, namespace } = operation.arguments;
  return { collection: String(collection), namespace: String(namespace) };
}

function readCatalog({ changes }: ChangeDeps, context: JobContext): Promise<Catalog> {
  return repeatStep(() => changes.readCatalog(context.signal), context);
}

async function pinTo(group: number, deps: ChangeDeps, context: JobContext): Promise<void> {
  const { collection, namespace } = namesOf(context);
  const { id } = collectionIn(await readCatalog(deps, context), collection);
  const row = { collection: id, namespace, shardKey: namespace, group };
  await repeatStep(() => deps.changes.putPin(row, termOf(context), context.signal), context);
}

async function unpin(deps: ChangeDeps, context: JobContext): Promise<void> {
  const { collection, namespace } = namesOf(context);
  const { id } = collectionIn(await readCatalog(deps, context), collection);
  const remove = () => deps.changes.removePin({ collection: id, namespace }, termOf(context), context.signal);
  await repeatStep(remove, context);
}
