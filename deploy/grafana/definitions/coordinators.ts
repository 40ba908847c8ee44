/** Are the coordinators healthy: their map, their connections, their CPU? */
import { dashboard, instance } from "./dashboard.ts";
import { lines, states, table } from "./panel.ts";
import { ofCoordinators, ofLeader } from "./selectors.ts";

const perInstance = (metric: string) => `max by (instance) (${ofCoordinators(metric)})`;
const INSTANCE = "{{instance}}";

export const coordinators = dashboard({
  uid: "orrery-coordinators",
  title: "Orrery: coordinators",
  description: "Each coordinator: leadership, age of the map, connections, process and collectors.",
  variables: [instance],
  rows: [
    {
      title: "Map and leader",
      panels: [
        states({
          title: "Leader",
          description:
            "Which coordinator led when. There is one at a time; NoLeader fires after a minute without any.",
          unit: "none",
          limits: { active: 1 },
          names: { 0: "follows", 1: "leads" },
          queries: [{ expr: perInstance("orrery_leader"), legend: INSTANCE }],
        }),
        lines({
          title: "Map age",
          description:
            "Time since a coordinator last confirmed that its map is the newest. MapStale fires above 2 minutes.",
          unit: "s",
          min: 0,
          limits: { critical: 120 },
          queries: [{ expr: perInstance("orrery_map_age_seconds"), legend: INSTANCE }],
        }),
        lines({
          title: "Map epoch",
          description: "Increases with every change of the cluster. Coordinators should differ only briefly.",
          unit: "none",
          queries: [{ expr: perInstance("orrery_map_epoch"), legend: INSTANCE }],
        }),
        states({
          title: "etcd reachable",
          description: "Requests do not need etcd; changes spread slowly without it, and operations wait.",
          unit: "none",
          limits: { warning: 1, critical: 1, downwards: true },
          names: { 0: "unreachable", 1: "reachable" },
          queries: [{ expr: perInstance("orrery_map_store_reachable"), legend: INSTANCE }],
        }),
        states({
          title: "Nodes by coordinator",
          description:
            "Which coordinator reaches which node. If only one coordinator cannot reach a node, its network is the problem.",
          unit: "none",
          limits: { warning: 1, critical: 1, downwards: true },
          names: { 0: "unreachable", 1: "reachable" },
          queries: [
            {
              expr: `max by (instance, node) (${ofCoordinators("orrery_node_up")})`,
              legend: "{{instance}}: {{node}}",
            },
          ],
        }),
        table({
          title: "Versions",
          description: "The version each coordinator runs.",
          unit: "none",
          queries: [{ expr: `max by (instance, version) (${ofCoordinators("orrery_build_info")})` }],
        }),
      ],
    },
    {
      title: "Calls",
      panels: [
        lines({
          title: "Calls by method",
          description: "Finished calls per second.",
          unit: "reqps",
          min: 0,
          queries: [
            {
              expr: `sum by (method) (rate(${ofCoordinators("orrery_rpc_requests_total")}[$__rate_interval])) > 0`,
              legend: "{{method}}",
            },
          ],
        }),
        lines({
          title: "Call time",
          description: "95th percentile from the request to the end of the response, by method.",
          unit: "s",
          min: 0,
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (le, method) (rate(${ofCoordinators("orrery_rpc_duration_seconds_bucket")}[$__rate_interval]))) > 0`,
              legend: "{{method}}",
            },
          ],
        }),
        lines({
          title: "Calls in progress",
          description: "Calls that have not finished.",
          unit: "none",
          min: 0,
          queries: [{ expr: perInstance("orrery_rpc_in_flight"), legend: INSTANCE }],
        }),
      ],
    },
    {
      title: "Connections to the nodes",
      panels: [
        lines({
          title: "Connections",
          description: "Connections to each node, idle and busy, and requests waiting for one.",
          unit: "none",
          min: 0,
          width: 6,
          queries: [
            {
              expr: `sum by (node, state) (${ofCoordinators("orrery_pool_connections")})`,
              legend: "{{node}}: {{state}}",
            },
          ],
        }),
        lines({
          title: "Pool usage",
          description:
            "Busy connections relative to pool.max, over 5 minutes. Shares keep some free for others: reads alone reach pool.readShare, writes pool.writeShare.",
          unit: "percentunit",
          min: 0,
          max: 1,
          width: 6,
          queries: [
            {
              expr: 'max by (instance, node) (orrery:pool_use:ratio_avg5m{job=~"$job",instance=~"$instance"})',
              legend: "{{instance}}: {{node}}",
            },
          ],
        }),
        lines({
          title: "Waiting",
          description:
            "Statements that wait for a connection, and those refused a wait per second. ConnectionPoolExhaustion fires when some wait for 5 minutes.",
          unit: "none",
          min: 0,
          width: 6,
          queries: [
            {
              expr: `sum by (node, kind) (${ofCoordinators("orrery_pool_waiting")})`,
              legend: "{{node}}: {{kind}}s",
            },
            {
              expr: `sum by (node, reason) (rate(${ofCoordinators("orrery_pool_refused_total")}[$__rate_interval])) > 0`,
              legend: "{{node}}: refused, {{reason}}",
            },
          ],
        }),
        lines({
          title: "Wait for a connection",
          description: "95th percentile over all statements, by node group and kind.",
          unit: "s",
          min: 0,
          width: 6,
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (le, group, kind) (rate(${ofCoordinators("orrery_pool_wait_seconds_bucket")}[$__rate_interval])))`,
              legend: "group {{group}}: {{kind}}s",
            },
          ],
        }),
        lines({
          title: "Statements in progress",
          description: "Connections running a statement, over all nodes.",
          unit: "none",
          min: 0,
          width: 6,
          queries: [{ expr: perInstance("db_connections_active"), legend: INSTANCE }],
        }),
      ],
    },
    {
      title: "Process",
      panels: [
        lines({
          title: "Event loop lag",
          description:
            "99th percentile of how late timers fire. Above 10 ms the coordinator has no CPU time left: start more coordinators.",
          unit: "s",
          min: 0,
          limits: { warning: 0.01, critical: 0.1 },
          queries: [
            {
              expr: `histogram_quantile(0.99, sum by (le, instance) (rate(${ofCoordinators("orrery_event_loop_lag_seconds_bucket")}[$__rate_interval])))`,
              legend: INSTANCE,
            },
          ],
        }),
        lines({
          title: "CPU",
          description:
            "Seconds of CPU time per second. JavaScript runs on one core: near 1 a coordinator is saturated.",
          unit: "none",
          min: 0,
          queries: [
            {
              expr: `sum by (instance) (rate(${ofCoordinators("process_cpu_seconds_total")}[$__rate_interval]))`,
              legend: INSTANCE,
            },
          ],
        }),
        lines({
          title: "Memory",
          description: "Resident memory of the process.",
          unit: "bytes",
          min: 0,
          queries: [{ expr: perInstance("process_resident_memory_bytes"), legend: INSTANCE }],
        }),
        lines({
          title: "Namespaces with series",
          description: "Namespaces that have their own series now, as metrics.namespaces chooses them.",
          unit: "none",
          min: 0,
          queries: [{ expr: perInstance("orrery_metrics_namespaces"), legend: INSTANCE }],
        }),
        lines({
          title: "Searches without their own series",
          description: "Searches per second recorded under _other, by reason.",
          unit: "reqps",
          min: 0,
          queries: [
            {
              expr: `sum by (reason) (rate(${ofCoordinators("orrery_metrics_namespaces_dropped_total")}[$__rate_interval]))`,
              legend: "{{reason}}",
            },
          ],
        }),
      ],
    },
    {
      title: "Collectors",
      panels: [
        lines({
          title: "Collector samples",
          description:
            "Samples of the leader's collectors, by result. timeout: a query hung and was abandoned.",
          unit: "ops",
          min: 0,
          queries: [
            {
              expr: `sum by (collector, result) (rate(${ofLeader("orrery_collector_runs_total")}[5m]))`,
              legend: "{{collector}}: {{result}}",
            },
          ],
        }),
        lines({
          title: "Age of the latest samples",
          description: "Time since a collector last succeeded. CollectorStale fires above 10 minutes.",
          unit: "s",
          min: 0,
          limits: { critical: 600 },
          queries: [
            {
              expr: `max by (collector) (${ofLeader("orrery_collector_age_seconds")})`,
              legend: "{{collector}}",
            },
          ],
        }),
        lines({
          title: "Node answers to collectors",
          description:
            "Time since a node last answered a collector; samples succeed without it. NodeNotCollected fires above 10 minutes.",
          unit: "s",
          min: 0,
          limits: { critical: 600 },
          queries: [
            {
              expr: `max by (collector, node) (${ofLeader("orrery_collector_node_age_seconds")})`,
              legend: "{{collector}}: {{node}}",
            },
          ],
        }),
        lines({
          title: "Sample duration",
          description: "95th percentile over 15 minutes, by collector.",
          unit: "s",
          min: 0,
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (le, collector) (rate(${ofLeader("orrery_collector_duration_seconds_bucket")}[15m])))`,
              legend: "{{collector}}",
            },
          ],
        }),
      ],
    },
  ],
});
