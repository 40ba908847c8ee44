/** `map`: what the coordinator routes by. */
import { Command } from "commander";
import type { ShardMapMessage } from "../proto/generated/orrery/v1/ShardMap.ts";
import { type CliContext, calling, group } from "./context.ts";
import { showNodes } from "./nodes.ts";
import { presentNode } from "./present.ts";
import { showShards } from "./shards.ts";

export function mapCommand(context: CliContext): Command {
  return group("map", "the shard map that the coordinator serves from", [
    new Command("show").action(
      calling(context, async ({ client, output }) => {
        const map = await client.cluster.getShardMap({});
        output.show(present(map), ["epoch", "cluster", "nodes", "shards"], [summary(map)]);
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

function present(map: ShardMapMessage) {
  return { ...map, nodes: map.nodes.map(presentNode) };
}

function summary({ epoch, clusterId, nodes, shards }: ShardMapMessage) {
  return [epoch, clusterId, nodes.length, shards.length];
}
