/** Are the shards balanced and fast, and are they read through their indexes? */
import { dashboard, labelFilter } from "./dashboard.ts";
import { bars, distribution, heatMap, lines, mosaic, number, table } from "./panel.ts";
import { ofLeader } from "./selectors.ts";

/** Shards of the chosen tables and nodes; joining on it keeps only these. */
const CHOSEN = `max by (shard_id) (${ofLeader("orrery_shard_info", 'table_name=~"$table",node=~"$node"')})`;
/** One value for each chosen shard. */
const perShard = (metric: string) => `max by (shard_id) (${ofLeader(metric)}) * on (shard_id) ${CHOSEN}`;
const perNode = (metric: string) => `max by (group, node) (${ofLeader(metric, 'node=~"$node"')})`;
const NODE = "group {{group}}: {{node}}";
const LATENCY = 'shard_query_latency_seconds_bucket{job=~"$job",query_type=~"$type"}';

export const shards = dashboard({
  uid: "orrery-shards",
  title: "Orrery: shards",
  description:
    "How evenly records and load are spread, how long each shard takes, and how well its index works.",
  variables: [
    labelFilter("table", "table_name", 'orrery_shard_info{job=~"$job"}', "Table"),
    labelFilter("node", "node", 'orrery_shard_info{job=~"$job"}', "Node"),
    labelFilter("type", "query_type", 'shard_query_latency_seconds_count{job=~"$job"}', "Statement type"),
  ],
  rows: [
    {
      title: "Balance",
      panels: [
        bars({
          title: "Bytes by node",
          description: "Tables and indexes of all shards that a node group holds.",
          unit: "bytes",
          height: 5,
          min: 0,
          queries: [{ expr: perNode("orrery_node_size_bytes"), legend: NODE }],
        }),
        bars({
          title: "Rows by node",
          description:
            "Records of all shards that a node group holds, as PostgreSQL's statistics estimate them.",
          unit: "short",
          height: 5,
          min: 0,
          queries: [{ expr: perNode("orrery_node_rows"), legend: NODE }],
        }),
        bars({
          title: "Shards by node",
          description: "Shards that a node group holds.",
          unit: "none",
          height: 5,
          min: 0,
          queries: [{ expr: perNode("orrery_node_shards"), legend: NODE }],
        }),
        lines({
          title: "Imbalance",
          description:
            "How far the fullest or busiest node group is above the mean, by bytes, rows and load. ShardImbalance fires above 30 %; orrery rebalance plan uses the same measure.",
          unit: "percentunit",
          min: 0,
          limits: { critical: 0.3 },
          queries: [{ expr: `max by (by) (${ofLeader("orrery_imbalance_ratio")})`, legend: "{{by}}" }],
        }),
        lines({
          title: "Bytes by node over time",
          description: "Growth over time, and the effect of moves.",
          unit: "bytes",
          min: 0,
          queries: [{ expr: perNode("orrery_node_size_bytes"), legend: NODE }],
        }),
        lines({
          title: "Free disk space",
          description: "Known with Citus only. LowDiskSpace warns below 15 % and is critical below 5 %.",
          unit: "percentunit",
          min: 0,
          max: 1,
          queries: [
            {
              expr: `${perNode("orrery_node_disk_free_bytes")} / ${perNode("orrery_node_disk_total_bytes")}`,
              legend: NODE,
            },
          ],
        }),
      ],
    },
    {
      title: "Sizes",
      panels: [
        distribution({
          title: "Sizes of shards",
          description:
            "Number of shards by size. A column far to the right is a shard to split, or a tenant to isolate.",
          unit: "bytes",
          queries: [{ expr: perShard("shard_size_bytes"), legend: "{{shard_id}}" }],
        }),
        bars({
          title: "Largest shards",
          description: "Table and indexes of the ten largest shards.",
          unit: "bytes",
          min: 0,
          queries: [{ expr: `topk(10, ${perShard("shard_size_bytes")})`, legend: "{{shard_id}}" }],
        }),
        lines({
          title: "Rows by table",
          description: "Records of a collection, as PostgreSQL's statistics estimate them.",
          unit: "short",
          min: 0,
          queries: [
            {
              expr: `sum by (table_name) (max by (table_name, shard_id) (${ofLeader("shard_row_count", 'table_name=~"$table"')}))`,
              legend: "{{table_name}}",
            },
          ],
        }),
        number({
          title: "Oversized shards",
          description:
            "Shards with more rows than a shard should have, by table; split them, or create collections with more shards.",
          unit: "none",
          width: 12,
          height: 6,
          limits: { warning: 1 },
          queries: [
            {
              expr: `max by (table_name) (${ofLeader("orrery_shards_over_size", 'table_name=~"$table"')})`,
              legend: "{{table_name}}",
            },
          ],
        }),
        table({
          title: "Misconfigured settings",
          description:
            "Settings of collections and servers that do not suit the data; orrery doctor gives the reason and the advised value. Empty: none.",
          unit: "none",
          width: 12,
          height: 6,
          queries: [
            {
              expr: `max by (table_name, parameter) (${ofLeader("orrery_parameters_misconfigured", 'table_name=~"$table"')}) or max by (node, parameter) (${ofLeader("orrery_node_parameters_misconfigured", 'node=~"$node"')})`,
            },
          ],
        }),
      ],
    },
    {
      title: "Latency",
      panels: [
        mosaic({
          title: "Latency by shard",
          description:
            "95th percentile of statements that asked a single shard: all searches of one namespace, and one in a hundred of those over many. A row that stands out is a shard that is large, hot, or on a slow node.",
          unit: "s",
          width: 16,
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (le, shard_id) (rate(${LATENCY}[$__rate_interval]))) * on (shard_id) ${CHOSEN}`,
              legend: "{{shard_id}}",
            },
          ],
        }),
        heatMap({
          title: "Distribution of statement times",
          description: "Statements per second by duration, over all shards.",
          unit: "s",
          queries: [{ expr: `sum by (le) (rate(${LATENCY}[$__rate_interval]))`, legend: "{{le}}" }],
        }),
        lines({
          title: "Latency by statement type",
          description: "95th percentile: ann searches the vector index, exact compares every record.",
          unit: "s",
          min: 0,
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (le, query_type) (rate(${LATENCY}[$__rate_interval])))`,
              legend: "{{query_type}}",
            },
          ],
        }),
        lines({
          title: "Busiest shards",
          description: "Statements per second that asked a single shard, for the ten busiest.",
          unit: "reqps",
          min: 0,
          queries: [
            {
              expr: `topk(10, sum by (shard_id) (rate(shard_query_latency_seconds_count{job=~"$job",query_type=~"$type"}[$__rate_interval])))`,
              legend: "{{shard_id}}",
            },
          ],
        }),
        lines({
          title: "Statement time by node group",
          description: "95th percentile of all statements, including the wait for a connection.",
          unit: "s",
          min: 0,
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (le, kind, group) (rate(orrery_statement_duration_seconds_bucket{job=~"$job"}[$__rate_interval])))`,
              legend: "{{kind}}, group {{group}}",
            },
          ],
        }),
      ],
    },
    {
      title: "Indexes",
      panels: [
        lines({
          title: "Index scans",
          description:
            "Scans of Orrery's tables per second: hnsw for vector searches, btree for lookups by key; sequential scans read whole tables and should be rare.",
          unit: "ops",
          min: 0,
          queries: [
            {
              expr: `sum by (index) (max by (group, node, index) (rate(${ofLeader("orrery_node_index_scans_total", 'node=~"$node"')}[$__rate_interval])))`,
              legend: "{{index}}",
            },
            {
              expr: `sum(max by (group, node) (rate(${ofLeader("orrery_node_sequential_scans_total", 'node=~"$node"')}[$__rate_interval])))`,
              legend: "sequential",
            },
          ],
        }),
        lines({
          title: "Cache hits",
          description:
            "Share of table and index pages found in PostgreSQL's memory. Below 99 % the indexes do not fit, and searches wait for the disk.",
          unit: "percentunit",
          max: 1,
          queries: [{ expr: 'orrery:node_cache_hits:ratio_rate5m{node=~"$node"}', legend: NODE }],
        }),
        lines({
          title: "Index bytes per record",
          description: "Size of the vector index divided by its number of records, by table.",
          unit: "bytes",
          min: 0,
          queries: [
            {
              expr: `sum by (table_name) (max by (shard_id) (${ofLeader("orrery_shard_index_bytes")}) * on (shard_id) group_left (table_name) max by (shard_id, table_name) (${ofLeader("orrery_shard_info", 'table_name=~"$table"')})) / (sum by (table_name) (max by (shard_id, table_name) (${ofLeader("shard_row_count", 'table_name=~"$table"')})) > 0)`,
              legend: "{{table_name}}",
            },
          ],
        }),
        lines({
          title: "Index growth since build",
          description:
            "Index bytes per live record relative to the value after the last build, for the ten shards with the most growth. IndexBloat fires above 1.5.",
          unit: "none",
          min: 1,
          limits: { critical: 1.5 },
          queries: [
            { expr: `topk(10, ${perShard("orrery_shard_index_bloat_ratio")})`, legend: "{{shard_id}}" },
          ],
        }),
        lines({
          title: "Recall",
          description:
            "Share of the ten nearest records that searches find, measured on samples, and what they are meant to find.",
          unit: "percentunit",
          max: 1,
          limits: { warning: 0.95, critical: 0.9, downwards: true },
          queries: [
            {
              expr: `max by (table_name) (${ofLeader("orrery_recall_estimate", 'table_name=~"$table"')})`,
              legend: "{{table_name}}",
            },
            {
              expr: `max by (table_name) (${ofLeader("orrery_recall_target", 'table_name=~"$table"')})`,
              legend: "{{table_name}}, wanted",
            },
          ],
        }),
        lines({
          title: "Second rounds",
          description:
            "Second rounds of searches per second. short: an index returned too few rows, so its shard was scanned exactly; if frequent, raise pool.maxScanTuples or pool.workMem. undersampled: one of many shards may have held more of the answer than its first round requested.",
          unit: "ops",
          min: 0,
          queries: [
            {
              expr: `sum by (reason) (rate(orrery_search_second_rounds_total{job=~"$job"}[$__rate_interval]))`,
              legend: "{{reason}}",
            },
          ],
        }),
      ],
    },
  ],
});
