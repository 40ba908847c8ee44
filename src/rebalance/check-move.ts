/** What speaks against a move before it is begun. Pure. */
import { diskHasRoom } from "../servers/judge-disk.ts";
import {
  judgeOutputPlugins,
  judgeReplicationSlots,
  judgeWalLevel,
  judgeWorkers,
} from "../servers/judge-settings.ts";
import { describeVersions, judgePgvectorInstalled, versionDifferences } from "../servers/judge-versions.ts";
import type { Verdict } from "../servers/verdict.ts";
import type { ShardId } from "../topology/shard-map.ts";
import { checkLag } from "./check-lag.ts";
import type { ClusterInventory, NodeInventory, ShardGroup } from "./cluster-inventory.ts";
import { estimateMove, type MoveEstimate } from "./estimate-move.ts";
import { pinnedPlacement } from "./pins.ts";
import type { Severity, Warning, WarningCode } from "./rebalance-plan.ts";

/**
 * All that speaks against moving one shard group to a node; `blocking` ones refuse it. Unknown ids are no
 * matter for it.
 */
export function checkMove(
  inventory: ClusterInventory,
  { shard, target: targetName }: { readonly shard: ShardId; readonly target: string },
): readonly Warning[] {
  const shardGroup = inventory.shardGroups.find((group) => group.shard === shard);
  const target = inventory.nodes.find(({ name }) => name === targetName);
  const source = inventory.nodes.find(({ group }) => group === shardGroup?.group);
  if (shardGroup === undefined || target === undefined || source === undefined) return [];
  const pin = pinnedPlacement(inventory.pins.filter((one) => one.shard === shard)).groupOf(shard);
  const estimate = estimateMove(shardGroup, source, inventory.rates);
  return [
    ...(pin === undefined || pin === target.group
      ? []
      : [
          blocking(
            "pin_impossible",
            target,
            `a pin of ${pinnedNames(inventory, shard)} keeps shard ${shard} on node group ${pin}`,
          ),
        ]),
    ...checkPair(source, target),
    ...checkShardGroup(shardGroup),
    ...(diskHasRoom(target.disk, shardGroup.bytes)
      ? []
      : [blocking("disk_full", target, `${target.name} would have less than a tenth of its disk free`)]),
    ...checkWal(estimate, source),
    ...checkLag(inventory),
  ];
}

function pinnedNames({ pins }: ClusterInventory, shard: ShardId): string {
  return pins
    .filter((pin) => pin.shard === shard)
    .map(({ namespace }) => `namespace ${JSON.stringify(namespace)}`)
    .join(", ");
}

/** What the servers at both ends lack. */
export function checkPair(source: NodeInventory, target: NodeInventory): readonly Warning[] {
  return [...checkSource(source), ...checkReceiver(target), ...checkVersions(source, target)];
}

/** A logical move copies updates and deletes by replica identity. */
export function checkShardGroup({ shard, collection, replicaIdentity }: ShardGroup): readonly Warning[] {
  if (replicaIdentity) return [];
  return [
    {
      severity: "blocking",
      code: "replica_identity",
      message: `a table of shard group ${shard} (${collection}) has no primary key or replica identity`,
    },
  ];
}

/** The source must be able to keep what it writes during the move. */
export function checkWal({ walKeptBytes }: MoveEstimate, source: NodeInventory): readonly Warning[] {
  const limit = Math.min(
    source.server?.maxSlotWalKeepBytes ?? Number.POSITIVE_INFINITY,
    source.disk?.freeBytes ?? Number.POSITIVE_INFINITY,
  );
  if (walKeptBytes <= limit) return [];
  const kept = Math.round(walKeptBytes / 1e6);
  const message = `${source.name} may have to keep ${kept} MB of write-ahead log, and has room for ${Math.round(limit / 1e6)} MB`;
  return [{ severity: "warning", code: "wal_kept", node: source.name, message }];
}

function checkSource(source: NodeInventory): readonly Warning[] {
  const { server } = source;
  if (server === undefined) return [unreachable(source)];
  return warningsOf(
    source,
    [judgeWalLevel(server), judgeReplicationSlots(server), judgeOutputPlugins(server)],
    // What only keeps it from splitting shards is worth a word.
    (prevents) => (prevents.includes("move") ? "blocking" : prevents.length > 0 ? "notice" : undefined),
  );
}

/** What a server lacks to take a shard group in. */
export function checkReceiver(target: NodeInventory): readonly Warning[] {
  const { server } = target;
  if (server === undefined) return [unreachable(target)];
  return warningsOf(target, [...judgeWorkers(server), judgePgvectorInstalled(server)], (prevents) =>
    prevents.includes("receive") ? "blocking" : "warning",
  );
}

function warningsOf(
  { name }: NodeInventory,
  verdicts: readonly Verdict<WarningCode>[],
  severityOf: (prevents: Verdict["prevents"]) => Severity | undefined,
): readonly Warning[] {
  return verdicts.flatMap(({ code, severity: judged, prevents, sentence }) => {
    const severity = judged === "ok" ? undefined : severityOf(prevents);
    return severity === undefined ? [] : [{ severity, code, node: name, message: `${name} ${sentence}` }];
  });
}

function checkVersions(source: NodeInventory, target: NodeInventory): readonly Warning[] {
  if (source.server === undefined || target.server?.pgvector === undefined) return [];
  if (versionDifferences(source.server, target.server).length === 0) return [];
  const message = `${source.name} runs ${describeVersions(source.server)}, ${target.name} runs ${describeVersions(target.server)}`;
  return [{ severity: "warning", code: "version_mismatch", node: target.name, message }];
}

function unreachable(node: NodeInventory): Warning {
  return blocking("node_unreachable", node, `${node.name} does not answer`);
}

function blocking(code: Warning["code"], { name }: NodeInventory, message: string): Warning {
  return { severity: "blocking", code, node: name, message };
}
