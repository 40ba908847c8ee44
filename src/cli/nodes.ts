/** `nodes`: the PostgreSQL servers of the cluster. */
import { Command } from "commander";
import { allPages } from "../client/pages.ts";
import type { NodeMessage } from "../proto/generated/orrery/v1/Node.ts";
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
import { type CliContext, calling, group, wholeNumber } from "./context.ts";
import { formatBytes, formatCount } from "./format.ts";
import type { Output } from "./output.ts";
import { presentNode } from "./present.ts";

/** Checks of a node, and copies of reference tables, take their time. */
const DEADLINE_MS = 120_000;

export function nodesCommand(context: CliContext): Command {
  return group("nodes", "PostgreSQL servers of the cluster", [
    new Command("list").description("with their state, disk, shards, rows and load").action(
      calling(context, async ({ client, output }) => {
        const nodes = await allPages(
          (page) => client.cluster.listNodes(page),
          (answer) => answer.nodes,
        );
        showNodes(output, nodes);
      }),
    ),
    addCommand(context),
    drainCommand(context),
    withOptions(new Command("restore"), changeOptions())
      .description("take a drain back: the node may hold shards again")
      .argument("<node>", "as `nodes list` shows it")
      .action(
        calling(context, async (session, node: string, flags: ChangeFlags) => {
          const request = { node, ...toChange(flags) };
          await conclude(session, flags, await session.client.cluster.restoreNode(request));
        }),
      ),
    removeCommand(context),
  ]);
}

function addCommand(context: CliContext): Command {
  return withOptions(new Command("add"), changeOptions())
    .description(
      "check a server and take it into the cluster; it holds nothing until something is moved there",
    )
    .argument("<host:port>", "where the other nodes reach it")
    .option("--standby-of <group>", "as a standby of this node group", wholeNumber)
    .action(
      calling(
        context,
        async (session, node: string, flags: ChangeFlags & { readonly standbyOf?: number }) => {
          const { standbyOf } = flags;
          const started = await session.client.cluster.addNode(
            { node, ...toChange(flags), ...(standbyOf !== undefined && { standbyOfGroup: standbyOf }) },
            { deadlineMs: DEADLINE_MS },
          );
          await conclude(session, flags, started);
        },
      ),
    );
}

function drainCommand(context: CliContext): Command {
  return withOptions(new Command("drain"), moveOptions())
    .description("move every shard of a node elsewhere, and give it no new ones")
    .argument("<node>", "as `nodes list` shows it")
    .option("--yes", "do not ask")
    .action(
      calling(context, async (session, node: string, flags: MoveFlags & { readonly yes?: boolean }) => {
        if (!flags.dryRun) await agree(context, flags.yes, `Move everything away from ${node}?`);
        const request = { node, ...toMoving(flags) };
        await conclude(
          session,
          flags,
          await session.client.cluster.drainNode(request, { deadlineMs: DEADLINE_MS }),
        );
      }),
    );
}

function removeCommand(context: CliContext): Command {
  return withOptions(new Command("remove"), changeOptions())
    .description("take an empty node out of the cluster")
    .argument("<node>", "as `nodes list` shows it")
    .option("--force", "also when it cannot be reached: make sure that it stays off")
    .option("--yes", "do not ask")
    .action(
      calling(
        context,
        async (
          session,
          node: string,
          flags: ChangeFlags & { readonly force?: boolean; readonly yes?: boolean },
        ) => {
          const warning = flags.force
            ? ` Unreached, it does not learn that it was removed: should it come back, clients that still reach it would write by what it last knew, and what only it holds is lost.`
            : "";
          if (!flags.dryRun) {
            await agree(context, flags.yes, `Take ${node} out of the cluster?${warning}`);
          }
          const request = { node, force: flags.force ?? false, ...toChange(flags) };
          await conclude(
            session,
            flags,
            await session.client.cluster.removeNode(request, { deadlineMs: DEADLINE_MS }),
          );
        },
      ),
    );
}

function withOptions(command: Command, options: ReturnType<typeof changeOptions>): Command {
  for (const option of options) command.addOption(option);
  return command;
}

export function showNodes(output: Output, nodes: readonly NodeMessage[]): void {
  const presented = nodes.map(presentNode);
  output.show(
    presented,
    [
      "id",
      "group",
      "name",
      "role",
      "state",
      "shards",
      "bytes",
      "rows",
      "load",
      "disk free",
      "answered",
      "last error",
    ],
    presented.map((node) => [
      node.id,
      node.groupId,
      node.name,
      node.role,
      node.state,
      node.shardCount,
      formatBytes(node.bytes),
      formatCount(node.estimatedRows),
      node.load === undefined ? "" : node.load.toFixed(1),
      node.diskFreeBytes === undefined
        ? ""
        : `${formatBytes(node.diskFreeBytes)} of ${formatBytes(node.diskTotalBytes)}`,
      node.secondsSinceAnswer === undefined ? "never" : `${node.secondsSinceAnswer.toFixed(1)} s ago`,
      node.lastError,
    ]),
  );
}
