/** Is the service fast, correct and complete? Where to look when it is not. */
import { dashboard, instance } from "./dashboard.ts";
import { heatMap, lines, number, table } from "./panel.ts";
import { ofCoordinators, ofLeader, quantiles } from "./selectors.ts";

const FAILURES = "UNKNOWN|DEADLINE_EXCEEDED|RESOURCE_EXHAUSTED|INTERNAL|UNAVAILABLE";
const VECTOR_CALLS = ofCoordinators("orrery_rpc_requests_total", 'method=~".*VectorService/.*"');
const FAILED_CALLS = ofCoordinators(
  "orrery_rpc_requests_total",
  `method=~".*VectorService/.*",code=~"${FAILURES}"`,
);
const SEARCHES = ofCoordinators("vector_search_queries_total");
const SEARCH_TIME = ofCoordinators("vector_search_duration_seconds_bucket");

export const overview = dashboard({
  uid: "orrery-overview",
  title: "Orrery: overview",
  description:
    "Traffic, errors, latency and completeness of the service, and how fast its error budget burns.",
  variables: [instance],
  rows: [
    {
      title: "Now",
      panels: [
        number({
          title: "Searches",
          description: "Searches per second; each search of a batch counts.",
          unit: "reqps",
          queries: [{ expr: `sum(rate(${SEARCHES}[$__rate_interval]))` }],
        }),
        number({
          title: "Failures",
          description:
            "Share of VectorService calls that ended in a failure of the service; rejected input does not count.",
          unit: "percentunit",
          limits: { warning: 0.001, critical: 0.05 },
          queries: [
            {
              expr: `sum(rate(${FAILED_CALLS}[$__rate_interval])) / (sum(rate(${VECTOR_CALLS}[$__rate_interval])) > 0)`,
            },
          ],
        }),
        number({
          title: "p95 of searches",
          description:
            "95th percentile of the search time, from planning to merging. HighVectorSearchLatency fires above 50 ms.",
          unit: "s",
          limits: { warning: 0.05, critical: 0.2 },
          queries: [
            { expr: `histogram_quantile(0.95, sum by (le) (rate(${SEARCH_TIME}[$__rate_interval])))` },
          ],
        }),
        number({
          title: "Complete answers",
          description:
            "Share of searches answered by every shard they asked. The others were allowed to be partial, and their responses say so.",
          unit: "percentunit",
          limits: { warning: 0.999, critical: 0.99, downwards: true },
          queries: [
            {
              expr: `1 - sum(rate(${ofCoordinators("orrery_partial_responses_total")}[$__rate_interval])) / (sum(rate(${SEARCHES}[$__rate_interval])) > 0)`,
            },
          ],
        }),
        number({
          title: "Reachable nodes",
          description: "Share of the PostgreSQL nodes that at least one coordinator reaches.",
          unit: "percentunit",
          limits: { warning: 1, critical: 1, downwards: true },
          queries: [{ expr: `avg(max by (node) (${ofLeader("orrery_node_up")}))` }],
        }),
        number({
          title: "Leaders",
          description: "Exactly one coordinator publishes the map, runs operations and collects samples.",
          unit: "none",
          limits: { warning: 1, critical: 1, downwards: true },
          queries: [{ expr: `sum(${ofLeader("orrery_leader")})` }],
        }),
      ],
    },
    {
      title: "Traffic and errors",
      panels: [
        lines({
          title: "Searches by endpoint",
          description: "Searches per second through Search and SearchBatch.",
          unit: "reqps",
          stacked: true,
          min: 0,
          queries: [
            { expr: `sum by (endpoint) (rate(${SEARCHES}[$__rate_interval]))`, legend: "{{endpoint}}" },
          ],
        }),
        lines({
          title: "Responses by code",
          description: "Finished VectorService calls per second, by gRPC status.",
          unit: "reqps",
          stacked: true,
          min: 0,
          queries: [
            { expr: `sum by (code) (rate(${VECTOR_CALLS}[$__rate_interval])) > 0`, legend: "{{code}}" },
          ],
        }),
        lines({
          title: "Error budget burn",
          description:
            "Rate of failures relative to what an objective of 99.9 % allows. At 1 the budget of 30 days lasts 30 days; the alerts fire at 14.4 (one hour) and 6 (six hours). Over all jobs and coordinators.",
          unit: "none",
          min: 0,
          limits: { warning: 6, critical: 14.4 },
          queries: [
            { expr: "orrery:failures:ratio_rate1h / 0.001", legend: "one hour" },
            { expr: "orrery:failures:ratio_rate6h / 0.001", legend: "six hours" },
          ],
        }),
        lines({
          title: "Failed statements",
          description:
            "Statements that failed, by node group and error code; docs/errors.md explains each code.",
          unit: "reqps",
          min: 0,
          queries: [
            {
              expr: `sum by (kind, group, code) (rate(${ofCoordinators("orrery_statement_errors_total")}[$__rate_interval]))`,
              legend: "{{kind}}, group {{group}}: {{code}}",
            },
          ],
        }),
        lines({
          title: "Partial answers by reason",
          description:
            "Searches per second answered without some of their shards, by the reason for the first missing one.",
          unit: "reqps",
          min: 0,
          queries: [
            {
              expr: `sum by (reason) (rate(${ofCoordinators("orrery_partial_responses_total")}[$__rate_interval]))`,
              legend: "{{reason}}",
            },
          ],
        }),
        table({
          title: "Alerts",
          description: "Alerts that are firing or pending; each has a page in docs/runbooks.",
          unit: "none",
          queries: [{ expr: 'max by (alertname, alertstate, severity) (ALERTS{alertname!=""})' }],
        }),
      ],
    },
    {
      title: "Latency",
      panels: [
        lines({
          title: "Search time",
          description: "From planning to merging, in the coordinator; excludes the network to the caller.",
          unit: "s",
          min: 0,
          limits: { critical: 0.05 },
          queries: quantiles(SEARCH_TIME, [0.5, 0.95, 0.99]),
        }),
        lines({
          title: "Search time by stage",
          description:
            "95th percentile of each stage. scatter is the time the nodes took; queue, a part of it, is the longest wait for a connection.",
          unit: "s",
          min: 0,
          queries: [
            {
              expr: `histogram_quantile(0.95, sum by (le, phase) (rate(${ofCoordinators("orrery_search_phase_duration_seconds_bucket")}[$__rate_interval])))`,
              legend: "{{phase}}",
            },
          ],
        }),
        heatMap({
          title: "Distribution of search times",
          description: "Searches per second, by duration.",
          unit: "s",
          queries: [{ expr: `sum by (le) (rate(${SEARCH_TIME}[$__rate_interval]))`, legend: "{{le}}" }],
        }),
      ],
    },
    {
      title: "Searches and writes",
      panels: [
        lines({
          title: "Busiest namespaces",
          description:
            "Searches per second by namespace, for those that metrics.namespaces gives a label: _other holds the rest, _several and _all are searches of more than one.",
          unit: "reqps",
          min: 0,
          queries: [
            {
              expr: `topk(10, sum by (namespace) (rate(${ofCoordinators("vector_search_duration_seconds_count")}[$__rate_interval])))`,
              legend: "{{namespace}}",
            },
          ],
        }),
        lines({
          title: "Slowest namespaces",
          description: "95th percentile of the search time by namespace.",
          unit: "s",
          min: 0,
          queries: [
            {
              expr: `topk(10, histogram_quantile(0.95, sum by (le, namespace) (rate(${SEARCH_TIME}[$__rate_interval]))))`,
              legend: "{{namespace}}",
            },
          ],
        }),
        lines({
          title: "Hits per search",
          description: "Average number of hits that an answered search returned.",
          unit: "short",
          min: 0,
          queries: [
            {
              expr: `sum(rate(${ofCoordinators("vector_search_results_total")}[$__rate_interval])) / (sum(rate(${ofCoordinators("vector_search_duration_seconds_count")}[$__rate_interval])) > 0)`,
              legend: "hits",
            },
          ],
        }),
        lines({
          title: "Shards per search",
          description:
            "Average number of hash ranges that a search asks: 1 for one namespace, all of them for all namespaces.",
          unit: "short",
          min: 0,
          queries: [
            {
              expr: `sum(rate(${ofCoordinators("orrery_search_targets_sum")}[$__rate_interval])) / (sum(rate(${ofCoordinators("orrery_search_targets_count")}[$__rate_interval])) > 0)`,
              legend: "hash ranges",
            },
          ],
        }),
        lines({
          title: "Slow searches",
          description: "Searches per second slower than log.slowQueryMs; they are logged with their plan.",
          unit: "reqps",
          min: 0,
          queries: [
            {
              expr: `sum(rate(${ofCoordinators("orrery_slow_queries_total")}[$__rate_interval]))`,
              legend: "slow",
            },
          ],
        }),
        lines({
          title: "Records written",
          description: "Records per second in successful write statements, by node group.",
          unit: "wps",
          stacked: true,
          min: 0,
          queries: [
            {
              expr: `sum by (group) (rate(${ofCoordinators("orrery_records_written_total")}[$__rate_interval]))`,
              legend: "group {{group}}",
            },
          ],
        }),
      ],
    },
  ],
});
