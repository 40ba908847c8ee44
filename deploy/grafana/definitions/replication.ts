/** Are the standbys connected and current, and are the nodes healthy? */
import { dashboard, labelFilter } from "./dashboard.ts";
import { bars, lines, number, states, table } from "./panel.ts";
import { ofLeader } from "./selectors.ts";

/** In these metrics the label shard_id holds the number of the node group. */
const GROUP = 'shard_id=~"$group"';
const perStandby = (metric: string) => `max by (shard_id, replica_id) (${ofLeader(metric, GROUP)})`;
const STANDBY = "group {{shard_id}}: {{replica_id}}";
const perSlot = (metric: string) => `max by (shard_id, slot, type) (${ofLeader(metric, GROUP)})`;
const perNode = (metric: string, labels = "") =>
  `max by (group, node) (${ofLeader(metric, `group=~"$group"${labels && `,${labels}`}`)})`;
const NODE = "group {{group}}: {{node}}";

export const replication = dashboard({
  uid: "orrery-replication",
  title: "Orrery: replication",
  description: "Standbys and their lag, the WAL retained for them, and the state of the nodes.",
  variables: [labelFilter("group", "group", 'orrery_node_reachable{job=~"$job"}', "Node group")],
  rows: [
    {
      title: "Standbys",
      panels: [
        number({
          title: "Streaming standbys",
          description: "Standbys connected to their primaries.",
          unit: "none",
          width: 8,
          queries: [{ expr: `sum(${perStandby("orrery_standby_up")})` }],
        }),
        number({
          title: "Missing standbys",
          description: "Standbys that were connected and no longer stream. StandbyMissing names them.",
          unit: "none",
          limits: { warning: 1 },
          width: 8,
          queries: [
            {
              expr: `count(${perStandby("orrery_standby_up")} == 0) or 0 * count(${perStandby("orrery_standby_up")})`,
            },
          ],
        }),
        number({
          title: "Longest lag",
          description: "The longest lag of any standby. HighReplicationLag fires above 10 s.",
          unit: "s",
          limits: { warning: 2, critical: 10 },
          width: 8,
          queries: [{ expr: `max(${perStandby("replication_lag_seconds")})` }],
        }),
        lines({
          title: "Lag in seconds",
          description:
            "How far a standby is behind, by time; 0 while it has replayed everything. Grows while replay is paused or the standby is gone.",
          unit: "s",
          width: 12,
          min: 0,
          limits: { critical: 10 },
          queries: [{ expr: perStandby("replication_lag_seconds"), legend: STANDBY }],
        }),
        lines({
          title: "Lag in bytes",
          description: "WAL that a standby has not replayed yet.",
          unit: "bytes",
          width: 12,
          min: 0,
          queries: [{ expr: perStandby("replication_lag_bytes"), legend: STANDBY }],
        }),
        table({
          title: "Sync state of the standbys",
          description:
            "sync: each commit waits for this standby. quorum: it waits for some of several. async: it does not wait.",
          unit: "none",
          width: 6,
          queries: [
            { expr: `max by (shard_id, replica_id, sync_state) (${ofLeader("orrery_standby_sync", GROUP)})` },
          ],
        }),
        states({
          title: "Standbys over time",
          description: "When each standby was streaming, and when it was gone.",
          unit: "none",
          limits: { warning: 1, critical: 1, downwards: true },
          names: { 0: "gone", 1: "streams" },
          width: 6,
          queries: [{ expr: perStandby("orrery_standby_up"), legend: STANDBY }],
        }),
        lines({
          title: "WAL retained by slots",
          description:
            "WAL that a replication slot retains on the primary's disk. With a slot that nothing reads, it grows until the disk is full.",
          unit: "bytes",
          min: 0,
          width: 6,
          queries: [
            {
              expr: perSlot("orrery_replication_slot_retained_bytes"),
              legend: "group {{shard_id}}: {{slot}} ({{type}})",
            },
          ],
        }),
        states({
          title: "Slots in use",
          description: "Whether a slot is being read. Logical slots come and go with moves of shards.",
          unit: "none",
          limits: { warning: 1, critical: 1, downwards: true },
          names: { 0: "unused", 1: "in use" },
          width: 6,
          queries: [
            {
              expr: perSlot("orrery_replication_slot_active"),
              legend: "group {{shard_id}}: {{slot}} ({{type}})",
            },
          ],
        }),
      ],
    },
    {
      title: "Nodes",
      panels: [
        states({
          title: "Nodes over time",
          description:
            "When each node answered the leader. NodeDown fires after one minute without an answer.",
          unit: "none",
          limits: { warning: 1, critical: 1, downwards: true },
          names: { 0: "down", 1: "answers" },
          queries: [{ expr: perNode("orrery_node_reachable"), legend: NODE }],
        }),
        table({
          title: "Node roles",
          description: "The role each server reports.",
          unit: "none",
          queries: [
            { expr: `max by (group, node, role) (${ofLeader("orrery_node_role", 'group=~"$group"')})` },
          ],
        }),
        bars({
          title: "Node connections",
          description: "Share of a node's allowed connections in use, by Orrery or others.",
          unit: "percentunit",
          min: 0,
          max: 1,
          limits: { warning: 0.8, critical: 0.95 },
          queries: [
            {
              expr: `${perNode("orrery_node_connections")} / ${perNode("orrery_node_connections_max")}`,
              legend: NODE,
            },
          ],
        }),
        lines({
          title: "Database size",
          description: "Size of a node's database, including tables that are not Orrery's.",
          unit: "bytes",
          min: 0,
          queries: [{ expr: perNode("orrery_node_database_bytes"), legend: NODE }],
        }),
        lines({
          title: "Blocks from disk",
          description: "Pages per second that were not in PostgreSQL's memory.",
          unit: "ops",
          min: 0,
          queries: [
            {
              expr: `max by (group, node) (rate(${ofLeader("orrery_node_blocks_total", 'group=~"$group",source="disk"')}[$__rate_interval]))`,
              legend: NODE,
            },
          ],
        }),
        number({
          title: "Findings",
          description: "Problems with nodes that have lasted for some seconds; orrery doctor lists them.",
          unit: "none",
          limits: { warning: 1 },
          width: 8,
          height: 8,
          queries: [{ expr: `max(${ofLeader("orrery_findings")})` }],
        }),
      ],
    },
  ],
});
