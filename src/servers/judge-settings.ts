/** Rules about the settings of a server. Pure. */
import type { ServerFacts } from "./server-facts.ts";
import { type Ability, fine, type Verdict } from "./verdict.ts";

const MIN_WORKER_PROCESSES = 8;

export function judgeWalLevel({ walLevel }: Pick<ServerFacts, "walLevel">): Verdict<"wal_level"> {
  if (walLevel === "logical") return fine("wal_level", walLevel);
  return {
    code: "wal_level",
    severity: "warning",
    prevents: ["move", "split"],
    sentence: `has wal_level ${walLevel}: shards cannot move or split without blocking writes; set it to logical`,
  };
}

/**
 * Whether the server lets logical decoding load a plugin. One that does not know the setting restricts
 * nothing, and neither does `*`.
 */
function allowsPlugin(outputPluginLibraries: string | undefined, plugin: string): boolean {
  if (outputPluginLibraries === undefined) return true;
  const listed = outputPluginLibraries.split(",").map((entry) => entry.trim().replaceAll('"', ""));
  return listed.includes(plugin) || listed.includes("*");
}

/** The plugins that Citus decodes with, and what for. */
const PLUGINS: readonly (readonly [plugin: string, ability: Ability, verb: string])[] = [
  ["pgoutput", "move", "move"],
  ["citus", "split", "split"],
];

export function judgeOutputPlugins({
  outputPluginLibraries,
}: Pick<ServerFacts, "outputPluginLibraries">): Verdict<"output_plugin_libraries"> {
  const lacking = PLUGINS.filter(([plugin]) => !allowsPlugin(outputPluginLibraries, plugin));
  if (lacking.length === 0)
    return fine("output_plugin_libraries", outputPluginLibraries ?? "unknown here, so nothing is restricted");
  const plugins = lacking.map(([plugin]) => plugin).join(" and ");
  const verbs = lacking.map(([, , verb]) => verb).join(" or ");
  return {
    code: "output_plugin_libraries",
    severity: "warning",
    prevents: lacking.map(([, ability]) => ability),
    sentence: `lacks ${plugins} in output_plugin_libraries: shards cannot ${verbs} without blocking writes; list ${lacking.length === 1 ? "it" : "both"} there`,
  };
}

export function judgePreparedTransactions({
  maxPreparedTransactions,
}: Pick<ServerFacts, "maxPreparedTransactions">): Verdict<"max_prepared_transactions"> {
  if (maxPreparedTransactions > 0) return fine("max_prepared_transactions", String(maxPreparedTransactions));
  return {
    code: "max_prepared_transactions",
    severity: "failed",
    prevents: ["commit"],
    sentence:
      "has max_prepared_transactions 0: no change of several nodes can be committed; set it to max_connections",
  };
}

export function judgeReplicationSlots({
  maxReplicationSlots,
  usedReplicationSlots,
  maxWalSenders,
}: Pick<
  ServerFacts,
  "maxReplicationSlots" | "usedReplicationSlots" | "maxWalSenders"
>): Verdict<"replication_slots"> {
  const free = maxReplicationSlots - usedReplicationSlots;
  const state = `${free} of ${maxReplicationSlots} replication slots free, and max_wal_senders is ${maxWalSenders}`;
  if (free >= 1 && maxWalSenders >= 1) return fine("replication_slots", state);
  return { code: "replication_slots", severity: "warning", prevents: ["move"], sentence: `has ${state}` };
}

/** Of the node that a move goes to. */
export function judgeWorkers({
  maxLogicalReplicationWorkers,
  maxWorkerProcesses,
}: Pick<
  ServerFacts,
  "maxLogicalReplicationWorkers" | "maxWorkerProcesses"
>): readonly Verdict<"worker_processes">[] {
  const code = "worker_processes" as const;
  const subscribers: Verdict<typeof code> =
    maxLogicalReplicationWorkers >= 1
      ? fine(code, String(maxLogicalReplicationWorkers))
      : {
          code,
          severity: "failed",
          prevents: ["receive"],
          sentence: `has max_logical_replication_workers ${maxLogicalReplicationWorkers}: a move to it would never start`,
        };
  const processes: Verdict<typeof code> =
    maxWorkerProcesses >= MIN_WORKER_PROCESSES
      ? fine(code, String(maxWorkerProcesses))
      : {
          code,
          severity: "warning",
          prevents: [],
          sentence: `has max_worker_processes ${maxWorkerProcesses}: moves may wait for a free one`,
        };
  return [subscribers, processes];
}
