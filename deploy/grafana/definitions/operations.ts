/** What the cluster is doing to itself, how far it is, and what requests notice of it. */
import { dashboard } from "./dashboard.ts";
import { bars, lines, number } from "./panel.ts";
import { ofLeader } from "./selectors.ts";

const MOVES = ofLeader("orrery_shard_moves_total");
const BUILDS = ofLeader("hnsw_index_build_duration_seconds_bucket");
const ofRelation = (metric: string) => `max by (group, node, relation) (${ofLeader(metric)})`;

export const operations = dashboard({
  uid: "orrery-operations",
  title: "Orrery: rebalancing and operations",
  description:
    "Long-running jobs, moves and splits of shards, index builds, and what they cost the requests meanwhile.",
  variables: [],
  rows: [
    {
      title: "Operations",
      panels: [
        number({
          title: "Under way",
          description: "Operations that have not ended.",
          unit: "none",
          queries: [
            {
              expr: `sum(max by (kind, state) (${ofLeader("orrery_operations", 'state=~"pending|running|cancelling"')})) or vector(0)`,
            },
          ],
        }),
        number({
          title: "Failed",
          description:
            "Operations whose record says that they failed, as long as it is kept; orrery operations list names them.",
          unit: "none",
          limits: { warning: 1 },
          queries: [
            { expr: `sum(max by (kind) (${ofLeader("orrery_operations", 'state="failed"')})) or vector(0)` },
          ],
        }),
        number({
          title: "Longest without progress",
          description:
            "Since the record of an unfinished operation last changed. OperationStuck fires above 15 minutes.",
          unit: "s",
          limits: { warning: 300, critical: 900 },
          queries: [{ expr: `max(${ofLeader("orrery_operation_idle_seconds")}) or vector(0)` }],
        }),
        number({
          title: "Imbalance",
          description:
            "What the fullest node group has more bytes than the mean: what a rebalance would even out.",
          unit: "percentunit",
          limits: { warning: 0.3 },
          queries: [{ expr: `max(${ofLeader("orrery_imbalance_ratio", 'by="bytes"')})` }],
        }),
        number({
          title: "Changes in a day",
          description: "Moves, splits and isolations that were carried out in the last 24 hours.",
          unit: "none",
          queries: [
            { expr: `round(sum(increase(${ofLeader("orrery_shard_moves_total", 'result="done"')}[24h])))` },
          ],
        }),
        number({
          title: "Bytes moved in a day",
          description: "What moves, splits and isolations copied in the last 24 hours.",
          unit: "bytes",
          queries: [{ expr: `sum(increase(${ofLeader("orrery_shard_moved_bytes_total")}[24h]))` }],
        }),
        lines({
          title: "Operations by state",
          description:
            "Records of operations, by kind and state. done, failed and cancelled ones are kept for a while.",
          unit: "none",
          min: 0,
          width: 12,
          queries: [
            {
              expr: `max by (kind, state) (${ofLeader("orrery_operations")}) > 0`,
              legend: "{{kind}}: {{state}}",
            },
          ],
        }),
        lines({
          title: "Without progress",
          description: "Longest time that the record of an unfinished operation has not changed, by kind.",
          unit: "s",
          min: 0,
          width: 12,
          limits: { critical: 900 },
          queries: [
            { expr: `max by (kind) (${ofLeader("orrery_operation_idle_seconds")})`, legend: "{{kind}}" },
          ],
        }),
      ],
    },
    {
      title: "Moves and splits",
      panels: [
        lines({
          title: "Moves, splits, isolations",
          description: "Changes of shards that ended, by result.",
          unit: "none",
          min: 0,
          queries: [
            {
              expr: `sum by (kind, result) (increase(${MOVES}[$__rate_interval]))`,
              legend: "{{kind}}: {{result}}",
            },
          ],
        }),
        lines({
          title: "Bytes moved",
          description: "Copied a second by moves, splits and isolations, counted when each ends.",
          unit: "Bps",
          min: 0,
          queries: [
            {
              expr: `sum by (kind) (rate(${ofLeader("orrery_shard_moved_bytes_total")}[$__rate_interval]))`,
              legend: "{{kind}}",
            },
          ],
        }),
        lines({
          title: "Time of a move",
          description:
            "Median and 95th percentile of how long a change of a shard took, over the last 6 hours.",
          unit: "s",
          min: 0,
          queries: [0.5, 0.95].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le, kind) (rate(${ofLeader("orrery_shard_move_duration_seconds_bucket")}[6h])))`,
            legend: `{{kind}}: p${quantile * 100}`,
          })),
        }),
        lines({
          title: "Refused by the fence",
          description:
            "Reads a second that a node refused: committing while a change is being committed, moved and gone because the coordinator's map was older. Rises for a moment with each move; steady without moves means a stale map.",
          unit: "ops",
          min: 0,
          queries: [
            {
              expr: `sum by (reason) (rate(${ofLeader("orrery_fence_hits_total")}[$__rate_interval]))`,
              legend: "{{reason}}",
            },
          ],
        }),
        lines({
          title: "Sent elsewhere",
          description:
            "Reads a second that were refused and asked elsewhere: what callers notice of moves is their time.",
          unit: "ops",
          min: 0,
          queries: [
            {
              expr: `sum by (code) (rate(${ofLeader("orrery_reroutes_total")}[$__rate_interval]))`,
              legend: "{{code}}",
            },
          ],
        }),
        lines({
          title: "Imbalance over time",
          description:
            "What the fullest or busiest node group has more than the mean: what rebalancing has evened out.",
          unit: "percentunit",
          min: 0,
          limits: { critical: 0.3 },
          queries: [{ expr: `max by (by) (${ofLeader("orrery_imbalance_ratio")})`, legend: "{{by}}" }],
        }),
      ],
    },
    {
      title: "Indexes and vacuum",
      panels: [
        bars({
          title: "Index builds",
          description: "How far the index builds under way are. Empty: none.",
          unit: "percentunit",
          min: 0,
          max: 1,
          queries: [
            { expr: ofRelation("orrery_index_build_progress_ratio"), legend: "{{node}}: {{relation}}" },
          ],
        }),
        bars({
          title: "Vacuum",
          description: "How far the vacuums under way are. Empty: none.",
          unit: "percentunit",
          min: 0,
          max: 1,
          queries: [{ expr: ofRelation("orrery_vacuum_progress_ratio"), legend: "{{node}}: {{relation}}" }],
        }),
        lines({
          title: "Time of an index build",
          description: "Median and 95th percentile of the builds seen to end in the last 6 hours.",
          unit: "s",
          min: 0,
          queries: [0.5, 0.95].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(${BUILDS}[6h])))`,
            legend: `p${quantile * 100}`,
          })),
        }),
      ],
    },
  ],
});
