import { Command } from "commander";
import { confirm } from "./confirm.ts";
import { type CliContext, calling, group } from "./context.ts";
import { finish } from "./operations.ts";
import { allPages } from "./pages.ts";

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
            ["namespace", "shard", "group", "rows", "estimated bytes"],
            [[found.name, found.shardId, found.groupId, found.rows, found.estimatedBytes]],
          );
        }),
      ),
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
