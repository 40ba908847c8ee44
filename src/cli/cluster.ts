/** `nodes`, `shards` and `map`: where the data is. */
import { Command } from "commander";
import { type CliContext, calling, group } from "./context.ts";
import type { Node, Shard, ShardMap } from "./messages.ts";
import type { Output } from "./output.ts";
import { allPages } from "./pages.ts";
import { presentNode } from "./present.ts";

export function nodesCommand(context: CliContext): Command {
  return group("nodes", "PostgreSQL servers of the cluster", [
    new Command("list").action(
      calling(context, async ({ client, output }) => {
        const nodes = await allPages(
          (page) => client.cluster.listNodes(page),
          (answer) => answer.nodes,
        );
        showNodes(output, nodes.map(presentNode));
      }),
    ),
  ]);
}

export function shardsCommand(context: CliContext): Command {
  return group("shards", "hash ranges and the node groups that hold them", [
    new Command("list").option("-c, --collection <name>", "default: all").action(
      calling(context, async ({ client, output }, { collection }: { readonly collection?: string }) => {
        const shards = await allPages(
          (page) => client.cluster.listShards({ collection, ...page }),
          (answer) => answer.shards,
        );
        showShards(output, shards);
      }),
    ),
  ]);
}

export function mapCommand(context: CliContext): Command {
  return group("map", "the shard map that the coordinator serves from", [
    new Command("show").action(
      calling(context, async ({ client, output }) => {
        const map = present(await client.cluster.getShardMap({}));
        output.show(map, ["epoch", "cluster", "nodes", "shards"], [summary(map)]);
        if (output.json) return;
        showNodes(output, map.nodes);
        showShards(output, map.shards);
      }),
    ),
    new Command("watch").description("every new map").action(
      calling(context, async ({ client, output }) => {
        for await (const map of client.cluster.watchShardMap({})) {
          const [epoch, cluster, nodes, shards] = summary(map);
          output.line(present(map), `epoch ${epoch} of cluster ${cluster}: ${nodes} nodes, ${shards} shards`);
        }
      }),
    ),
  ]);
}

function present(map: ShardMap) {
  return { ...map, nodes: map.nodes.map(presentNode) };
}

function summary({ epoch, clusterId, nodes, shards }: ShardMap) {
  return [epoch, clusterId, nodes.length, shards.length];
}

function showNodes(output: Output, nodes: readonly Node[]): void {
  output.show(
    nodes,
    ["id", "group", "name", "role", "shards", "answered", "last error"],
    nodes.map(({ id, groupId, name, role, shardCount, secondsSinceAnswer, lastError }) => [
      id,
      groupId,
      name,
      role,
      shardCount,
      secondsSinceAnswer === undefined ? "never" : `${secondsSinceAnswer.toFixed(1)} s ago`,
      lastError,
    ]),
  );
}

function showShards(output: Output, shards: readonly Shard[]): void {
  output.show(
    shards,
    ["id", "collection", "from hash", "to hash", "group", "estimated rows"],
    shards.map(({ id, collection, hashMin, hashMax, groupId, estimatedRows }) => [
      id,
      collection,
      hashMin,
      hashMax,
      groupId,
      estimatedRows,
    ]),
  );
}
