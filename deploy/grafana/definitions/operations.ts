/** What changes the cluster is going through, how far they are, and how they affect requests. */
import { dashboard } from "./dashboard.ts";
import { bars, lines, number } from "./panel.ts";
import { ofLeader } from "./selectors.ts";

const MOVES = ofLeader("orrery_shard_moves_total");
const BUILDS = ofLeader("hnsw_index_build_duration_seconds_bucket");
const ofRelation = (metric: string) => `max by (group, node, relation) (${ofLeader(metric)})`;

export const operations = dashboard({
  uid: "orrery-operations",
  title: "Orrery: rebalancing and operations",
  description: "Operations, moves and splits of shards, index builds, and their effect on requests.",
  variables: [],
  rows: [
    {
      title: "Operations",
      panels: [
        number({
          title: "Unfinished",
          description: "Operations that have not finished.",
          unit: "none",
          queries: [
            {
              expr: `sum(max by (kind, state) (${ofLeader("orrery_operations", 'state=~"pending|running|cancelling"')})) or vector(0)`,
            },
          ],
        }),
        number({
          title: "Failed",
          description: "Failed operations whose records are still kept; orrery operations list names them.",
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
            "How far the fullest node group is above the mean, by bytes: what a rebalance would even out.",
          unit: "percentunit",
          limits: { warning: 0.3 },
          queries: [{ expr: `max(${ofLeader("orrery_imbalance_ratio", 'by="bytes"')})` }],
        }),
        number({
          title: "Changes in 24 hours",
          description: "Moves, splits and isolations completed in the last 24 hours.",
          unit: "none",
          queries: [
            { expr: `round(sum(increase(${ofLeader("orrery_shard_moves_total", 'result="done"')}[24h])))` },
          ],
        }),
        number({
          title: "Bytes moved in 24 hours",
          description: "Bytes that moves, splits and isolations copied in the last 24 hours.",
          unit: "bytes",
          queries: [{ expr: `sum(increase(${ofLeader("orrery_shard_moved_bytes_total")}[24h]))` }],
        }),
        lines({
          title: "Operations by state",
          description:
            "Operation records by kind and state. Those that are done, failed or cancelled are kept for a while.",
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
          description: "Finished changes of shards, by result.",
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
          description: "Bytes per second copied by moves, splits and isolations, counted when each ends.",
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
          title: "Duration of moves",
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
            "Reads per second that a node refused. committing: a change was being committed. moved, gone: the coordinator's map was older. Rises briefly with each move; steady refusals without moves mean a stale map.",
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
          title: "Rerouted reads",
          description:
            "Reads per second that were refused and sent to another node. Callers notice only the extra time.",
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
            "How far the fullest or busiest node group is above the mean: the effect of rebalancing.",
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
          description: "Progress of running index builds. Empty: none.",
          unit: "percentunit",
          min: 0,
          max: 1,
          queries: [
            { expr: ofRelation("orrery_index_build_progress_ratio"), legend: "{{node}}: {{relation}}" },
          ],
        }),
        bars({
          title: "Vacuum",
          description: "Progress of running vacuums. Empty: none.",
          unit: "percentunit",
          min: 0,
          max: 1,
          queries: [{ expr: ofRelation("orrery_vacuum_progress_ratio"), legend: "{{node}}: {{relation}}" }],
        }),
        lines({
          title: "Duration of index builds",
          description: "Median and 95th percentile of the builds that ended in the last 6 hours.",
          unit: "s",
          min: 0,
          queries: [0.5, 0.95].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(${BUILDS}[6h])))`,
            legend: `p${quantile * 100}`,
          })),
        }),
        lines({
          title: "Indexes built anew",
          description: "Operations that built the index of a shard anew and ended in the last 6 hours.",
          unit: "none",
          min: 0,
          queries: [
            {
              expr: `sum by (result) (increase(${ofLeader("orrery_index_rebuilds_total")}[6h]))`,
              legend: "{{result}}",
            },
          ],
        }),
      ],
    },
  ],
});
