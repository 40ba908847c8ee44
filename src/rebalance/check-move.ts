/** What speaks against a move before it is begun. Pure. */
import type { ShardId } from "../topology/shard-map.ts";
import { checkLag } from "./check-lag.ts";
import { estimateMove, type MoveEstimate } from "./estimate-move.ts";
import { pinnedPlaces } from "./pins.ts";
import type { ClusterInventory, Disk, NodeInventory, NodeSettings, ShardGroup, Warning } from "./types.ts";

/** Citus refuses a move that leaves less of the target's disk free. */
const MIN_FREE_SHARE = 0.1;
const MIN_WORKER_PROCESSES = 8;

/** False: the target would have less than a tenth of its disk left. An unknown disk has room. */
export function diskHasRoom(disk: Disk | undefined, bytes: number): boolean {
  return disk === undefined || disk.freeBytes - bytes >= disk.totalBytes * MIN_FREE_SHARE;
}

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
  const pin = pinnedPlaces(inventory.pins.filter((one) => one.shard === shard)).groupOf(shard);
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
  return [...checkSource(source), ...checkTarget(target), ...checkVersions(source, target)];
}

/** A logical move copies updates and deletes by replica identity. */
export function checkShardGroup({ shard, collection, replicaIdentity }: ShardGroup): readonly Warning[] {
  if (replicaIdentity) return [];
  return [
    {
      severity: "blocking",
      code: "replica_identity",
      message: `the table of shard ${shard} (${collection}) has no primary key or replica identity`,
    },
  ];
}

/** The source must be able to keep what it writes during the move. */
export function checkWal({ walKeptBytes }: MoveEstimate, source: NodeInventory): readonly Warning[] {
  const limit = Math.min(
    source.settings?.maxSlotWalKeepBytes ?? Number.POSITIVE_INFINITY,
    source.disk?.freeBytes ?? Number.POSITIVE_INFINITY,
  );
  if (walKeptBytes <= limit) return [];
  const kept = Math.round(walKeptBytes / 1e6);
  const message = `${source.name} may have to keep ${kept} MB of write-ahead log, and has room for ${Math.round(limit / 1e6)} MB`;
  return [{ severity: "warning", code: "wal_kept", node: source.name, message }];
}

function checkSource(source: NodeInventory): readonly Warning[] {
  const { settings } = source;
  if (settings === undefined) return [unreachable(source)];
  const { walLevel, maxReplicationSlots, usedReplicationSlots, maxWalSenders, outputPluginLibraries } =
    settings;
  const freeSlots = maxReplicationSlots - usedReplicationSlots;
  return [
    ...when(walLevel !== "logical", () =>
      blocking("wal_level", source, `wal_level of ${source.name} is ${walLevel}, must be logical`),
    ),
    ...when(freeSlots < 1 || maxWalSenders < 1, () =>
      blocking(
        "replication_slots",
        source,
        `${source.name} has ${freeSlots} of ${maxReplicationSlots} replication slots free, and max_wal_senders is ${maxWalSenders}`,
      ),
    ),
    ...when(lacksPlugin(outputPluginLibraries, "pgoutput"), () =>
      blocking(
        "output_plugin_libraries",
        source,
        `output_plugin_libraries of ${source.name} lacks pgoutput: moves are refused`,
      ),
    ),
    ...when(
      lacksPlugin(outputPluginLibraries, "citus") && !lacksPlugin(outputPluginLibraries, "pgoutput"),
      () => ({
        severity: "notice" as const,
        code: "output_plugin_libraries" as const,
        node: source.name,
        message: `output_plugin_libraries of ${source.name} lacks citus: moves work, splits and isolation without blocking writes do not`,
      }),
    ),
  ];
}

function checkTarget(target: NodeInventory): readonly Warning[] {
  const { settings } = target;
  if (settings === undefined) return [unreachable(target)];
  const { maxWorkerProcesses, maxLogicalReplicationWorkers, pgvector } = settings;
  return [
    ...when(maxLogicalReplicationWorkers < 1, () =>
      blocking(
        "worker_processes",
        target,
        `max_logical_replication_workers of ${target.name} is ${maxLogicalReplicationWorkers}: the move would never start`,
      ),
    ),
    ...when(maxWorkerProcesses < MIN_WORKER_PROCESSES, () => ({
      severity: "warning" as const,
      code: "worker_processes" as const,
      node: target.name,
      message: `max_worker_processes of ${target.name} is ${maxWorkerProcesses}: moves may wait for a free one`,
    })),
    ...when(pgvector === undefined, () =>
      blocking("pgvector_missing", target, `${target.name} has no pgvector in the database`),
    ),
  ];
}

function checkVersions(source: NodeInventory, target: NodeInventory): readonly Warning[] {
  if (source.settings === undefined || target.settings?.pgvector === undefined) return [];
  const [from, to] = [versionsOf(source.settings), versionsOf(target.settings)];
  if (from === to) return [];
  const message = `${source.name} runs ${from}, ${target.name} runs ${to}`;
  return [{ severity: "warning", code: "version_mismatch", node: target.name, message }];
}

function versionsOf({ postgresMajor, citus, pgvector }: NodeSettings): string {
  return `PostgreSQL ${postgresMajor}, Citus ${citus}, pgvector ${pgvector ?? "none"}`;
}

/** A server that does not know the setting loads every plugin. */
function lacksPlugin(libraries: string | undefined, plugin: string): boolean {
  if (libraries === undefined) return false;
  const listed = libraries.split(",").map((name) => name.trim().replaceAll('"', ""));
  return !listed.includes(plugin) && !listed.includes("*");
}

function unreachable(node: NodeInventory): Warning {
  return blocking("node_unreachable", node, `${node.name} does not answer`);
}

function blocking(code: Warning["code"], { name }: NodeInventory, message: string): Warning {
  return { severity: "blocking", code, node: name, message };
}

function when(condition: boolean, warning: () => Warning): readonly Warning[] {
  return condition ? [warning()] : [];
}
