/** `shards`: hash ranges, and where they are. */
import { Command, InvalidArgumentError } from "commander";
import { allPages } from "../client/pages.ts";
import type { ShardMessage } from "../proto/generated/orrery/v1/Shard.ts";
import {
  type ChangeFlags,
  changeOptions,
  conclude,
  type MoveFlags,
  moveOptions,
  toChange,
  toMoving,
} from "./change-options.ts";
import { type CliContext, calling, group, wholeNumber } from "./context.ts";
import { formatBytes, formatCount } from "./format.ts";
import type { Output } from "./output.ts";

const DEADLINE_MS = 60_000;

type SplitFlags = MoveFlags & { readonly at?: readonly number[]; readonly to?: readonly string[] };

type ReindexFlags = ChangeFlags & { readonly m?: number; readonly efConstruction?: number };

export function shardsCommand(context: CliContext): Command {
  const move = new Command("move")
    .description("move one to another node; searches and writes go on")
    .argument("<shard>", "its id", wholeNumber)
    .requiredOption("--to <node>", "as `nodes list` shows it");
  for (const option of moveOptions()) move.addOption(option);
  const split = new Command("split")
    .description("cut one in two with as many rows each, or where you say; the pieces go to other nodes")
    .argument("<shard>", "its id", wholeNumber)
    .option("--at <hash>", "last hash of a piece; may be repeated", collectHashes)
    .option("--to <node>", "node that gets the pieces; repeated: one for each, in order", collectNodes);
  for (const option of moveOptions()) split.addOption(option);

  const reindex = new Command("reindex")
    .description("build its vector index anew; searches and writes go on")
    .argument("<shard>", "its id", wholeNumber)
    .option("--m <n>", "links per node of the index; default: as asked for before", wholeNumber)
    .option("--ef-construction <n>", "candidate list while it is built; likewise", wholeNumber);
  for (const option of changeOptions()) reindex.addOption(option);

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
    move.action(
      calling(context, async (session, shard: number, flags: MoveFlags & { readonly to: string }) => {
        const request = { shardId: String(shard), targetNode: flags.to, ...toMoving(flags) };
        const started = await session.client.cluster.moveShard(request, { deadlineMs: DEADLINE_MS });
        await conclude(session, flags, started);
      }),
    ),
    reindex.action(
      calling(context, async (session, shard: number, flags: ReindexFlags) => {
        const { m, efConstruction } = flags;
        const request = { shardId: String(shard), m, efConstruction, ...toChange(flags) };
        const started = await session.client.cluster.reindexShard(request, { deadlineMs: DEADLINE_MS });
        await conclude(session, flags, started);
      }),
    ),
    split.action(
      calling(context, async (session, shard: number, flags: SplitFlags) => {
        const { at = [], to = [] } = flags;
        const request = {
          shardId: String(shard),
          splitPoints: at,
          targetNodes: to,
          ...toMoving(flags),
        };
        const started = await session.client.cluster.splitShard(request, { deadlineMs: DEADLINE_MS });
        await conclude(session, flags, started);
      }),
    ),
  ]);
}

function collectHashes(text: string, before: readonly number[] = []): readonly number[] {
  const hash = Number(text);
  if (!/^-?\d{1,10}$/.test(text) || hash < -(2 ** 31) || hash >= 2 ** 31) {
    throw new InvalidArgumentError("must be a hash, -2147483648 to 2147483647.");
  }
  return [...before, hash];
}

function collectNodes(node: string, before: readonly string[] = []): readonly string[] {
  return [...before, node];
}

export function showShards(output: Output, shards: readonly ShardMessage[]): void {
  output.show(
    shards,
    ["id", "collection", "from hash", "to hash", "group", "estimated rows", "bytes", "load"],
    shards.map(({ id, collection, hashMin, hashMax, groupId, estimatedRows, bytes, load }) => [
      id,
      collection,
      hashMin,
      hashMax,
      groupId,
      formatCount(estimatedRows),
      formatBytes(bytes),
      load === undefined ? "" : load.toFixed(1),
    ]),
  );
}
