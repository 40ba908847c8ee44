/** Pinning a namespace to a node group, and taking the pin off. */

import { existing } from "../../topology/collection-lookup.ts";
import { hashText, shardAt } from "../../topology/ring.ts";
import { type Catalog, findCollection, primaryOf } from "../../topology/shard-map.ts";
import { type Job, repeatStep } from "../job.ts";
import { runStages, type Stage } from "../stages.ts";
import { type ChangeDeps, termOf } from "./change-deps.ts";
import { pendingMove } from "./move-arguments.ts";
import { nodeOf } from "./move-group.ts";
import { moveStages } from "./move-jobs.ts";

/** `update_namespace`: with a `target` pins to its group and moves there, without one takes the pin off. */
export function pinJob(deps: ChangeDeps): Job {
  const { changes } = deps;
  return {
    cancellation: "handled",
    async run(context) {
      const { signal, operation } = context;
      const { target, pinned_to: pinnedTo } = operation.arguments;
      const collectionName = String(operation.arguments.collection);
      const namespace = String(operation.arguments.namespace);
      const read = () => repeatStep(() => changes.readCatalog(signal), context);
      const collectionIn = (catalog: Catalog) =>
        existing(findCollection(catalog, collectionName), collectionName);

      const unpin = async () => {
        const { id } = collectionIn(await read());
        await repeatStep(
          () => changes.removePin({ collection: id, namespace }, termOf(context), signal),
          context,
        );
      };
      const pinTo = async (group: number) => {
        const collection = collectionIn(await read()).id;
        const row = { collection, namespace, shardKey: namespace, group };
        await repeatStep(() => changes.putPin(row, termOf(context), signal), context);
      };
      const placeIn = (catalog: Catalog) => ({
        shard: shardAt(collectionIn(catalog), hashText(namespace)),
        group: nodeOf(catalog, String(target)).group,
      });
      /** The pin as it was, where the shard group has stayed. */
      const restore = async () => {
        const { shard, group } = placeIn(await read());
        if (shard.group === group) return;
        await (typeof pinnedTo === "number" ? pinTo(pinnedTo) : unpin());
      };
      if (target === undefined) {
        await runStages(context, [{ name: "remove pin", run: unpin }]);
        return { message: "", result: {} };
      }

      const pin: Stage = {
        name: "record pin",
        run: async () => pinTo(placeIn(await read()).group),
      };
      const movesOf = async () => {
        const catalog = await read();
        const { shard, group } = placeIn(catalog);
        if (shard.group === group && operation.moves === undefined) return [];
        const source = primaryOf(catalog, shard.group)?.name ?? "";
        return [
          operation.moves?.find((move) => move.shard === shard.id) ??
            pendingMove({ shard: shard.id, collection: collectionName, source, target: String(target) }),
        ];
      };
      const { stages, end } = moveStages(deps, context, { movesOf });
      const [move, clean] = stages as [Stage, Stage];
      const restoreAndCleanUp: Stage = {
        name: "clean up",
        async run() {
          if (end().state === "cancelled") await restore();
          await clean.run();
        },
      };
      await runStages(context, [pin, move, restoreAndCleanUp], async () => {
        await restore();
        await clean.run();
      });
      return end();
    },
  };
}
