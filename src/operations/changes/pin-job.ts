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
      const { target, pinned_before: pinnedBefore } = operation.arguments;
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
      if (target === undefined) {
        await runStages(context, [{ name: "remove pin", run: unpin }]);
        return { message: "", result: {} };
      }

      const pin: Stage = {
        name: "record pin",
        async run() {
          const catalog = await read();
          const row = {
            collection: collectionIn(catalog).id,
            namespace,
            shardKey: namespace,
            group: nodeOf(catalog, String(target)).group,
          };
          await repeatStep(() => changes.putPin(row, termOf(context), signal), context);
        },
      };
      const { stages, end } = moveStages(deps, context, async () => {
        const catalog = await read();
        const shard = shardAt(collectionIn(catalog), hashText(namespace));
        if (shard.group === nodeOf(catalog, String(target)).group && operation.moves === undefined) return [];
        const source = primaryOf(catalog, shard.group)?.name ?? "";
        return [
          operation.moves?.find((move) => move.shard === shard.id) ??
            pendingMove({ shard: shard.id, collection: collectionName, source, target: String(target) }),
        ];
      });
      const [move, clean] = stages as [Stage, Stage];
      await runStages(context, [
        pin,
        move,
        {
          name: "clean up",
          async run() {
            if (end().state === "cancelled" && pinnedBefore !== true) await unpin();
            await clean.run();
          },
        },
      ]);
      return end();
    },
  };
}
