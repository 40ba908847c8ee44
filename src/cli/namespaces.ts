import { Command } from "commander";
import { allPages } from "../client/pages.ts";
import {
  agree,
  type ChangeFlags,
  changeOptions,
  conclude,
  type MoveFlags,
  moveOptions,
  toChange,
  toMoving,
} from "./change-options.ts";
import { confirm } from "./confirm.ts";
import { type CliContext, calling, group } from "./context.ts";
import { UsageError } from "./exit.ts";
import { finish } from "./operations.ts";

interface CollectionOption {
  readonly collection?: string;
}

export function namespacesCommand(context: CliContext): Command {
  return group("namespaces", "tenants inside a collection", [
    new Command("list").option("-c, --collection <name>", "default: memory_entries").action(
      calling(context, async ({ client, output }, { collection }: CollectionOption) => {
        const namespaces = await allPages(
          (page) => client.namespace.listNamespaces({ collection, ...page }),
          (answer) => answer.namespaces,
        );
        output.show(
          namespaces,
          ["namespace", "shard", "group", "estimated rows"],
          namespaces.map(({ name, shardId, groupId, estimatedRows }) => [
            name,
            shardId,
            groupId,
            estimatedRows,
          ]),
        );
      }),
    ),
    new Command("show")
      .argument("<namespace>")
      .option("-c, --collection <name>", "default: memory_entries")
      .action(
        calling(context, async ({ client, output }, namespace: string, { collection }: CollectionOption) => {
          const found = await client.namespace.getNamespace({ collection, namespace });
          output.show(
            found,
            ["namespace", "shard", "group", "rows", "estimated bytes", "pinned to group"],
            [
              [
                found.name,
                found.shardId,
                found.groupId,
                found.rows,
                found.estimatedBytes,
                found.pinnedGroupId ?? "",
              ],
            ],
          );
        }),
      ),
    pinCommand(context),
    isolateCommand(context),
    new Command("delete")
      .description("delete every record of a namespace")
      .argument("<namespace>")
      .option("-c, --collection <name>", "default: memory_entries")
      .option("--yes", "do not ask")
      .action(
        calling(
          context,
          async (
            session,
            namespace: string,
            { collection, yes }: CollectionOption & { readonly yes?: boolean },
          ) => {
            await confirm(context, yes, `every record of namespace ${namespace}`);
            await finish(session, await session.client.namespace.deleteNamespace({ collection, namespace }));
          },
        ),
      ),
  ]);
}

function pinCommand(context: CliContext): Command {
  const command = new Command("pin")
    .description(
      "keep the shard of a namespace on one node group, through every rebalance; it moves there now",
    )
    .argument("<namespace>")
    .option("-c, --collection <name>", "default: memory_entries")
    .option("--to <node>", "as `nodes list` shows it")
    .option("--remove", "take the pin off; nothing moves");
  for (const option of changeOptions()) command.addOption(option);
  return command.action(
    calling(
      context,
      async (
        session,
        namespace: string,
        flags: CollectionOption & ChangeFlags & { readonly to?: string; readonly remove?: boolean },
      ) => {
        const { collection, to, remove } = flags;
        if ((to === undefined) === (remove === undefined))
          throw new UsageError("give either --to or --remove");
        const started = await session.client.namespace.updateNamespace({
          collection,
          namespace,
          ...toChange(flags),
          ...(to === undefined ? { unpin: true } : { pinToNode: to }),
        });
        await conclude(session, flags, started);
      },
    ),
  );
}

function isolateCommand(context: CliContext): Command {
  const command = new Command("isolate")
    .description("give a namespace a shard of its own; there is no way back")
    .argument("<namespace>")
    .option("-c, --collection <name>", "default: memory_entries")
    .option("--to <node>", "node that gets it; default: one that carries little")
    .option("--yes", "do not ask");
  for (const option of moveOptions()) command.addOption(option);
  return command.action(
    calling(
      context,
      async (
        session,
        namespace: string,
        flags: CollectionOption & MoveFlags & { readonly to?: string; readonly yes?: boolean },
      ) => {
        const { collection, to } = flags;
        if (!flags.dryRun) {
          await agree(context, flags.yes, `Give namespace ${namespace} a shard of its own, for good?`);
        }
        const started = await session.client.cluster.isolateNamespace({
          collection,
          namespace,
          ...(to !== undefined && { targetNode: to }),
          ...toMoving(flags),
        });
        await conclude(session, flags, started);
      },
    ),
  );
}
