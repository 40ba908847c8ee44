/** Gauges of the collectors' latest samples; exported only by the leader. */
import type { Registry } from "prom-client";
import type { Collectors } from "../collectors/start-collectors.ts";
import type { Finding } from "../topology/findings.ts";
import { addBalanceGauges } from "./cluster/balance-gauges.ts";
import { addNodeGauges } from "./cluster/node-gauges.ts";
import { addReplicationGauges } from "./cluster/replication-gauges.ts";
import { addReadMetric, type Sample } from "./families.ts";

export interface ClusterSources {
  readonly collectors: Pick<Collectors, "balance" | "replication" | "nodes" | "operations" | "recall">;
  /** Findings that have lasted; undefined where this coordinator does not lead. */
  readonly findings: () => readonly Finding[] | undefined;
  /** What searches of collections want; none where this coordinator does not lead. */
  readonly recallTargets: () => readonly RecallTarget[];
  /** By table: templates of searches that are planned otherwise than meant; none without a lead. */
  readonly misplanned: () => ReadonlyMap<string, number>;
}

export interface RecallTarget {
  readonly table: string;
  /** The recall that searches want which name none, 0.5-1. */
  readonly target: number;
  /** Of what was measured, something that no index scan finds so well. */
  readonly isUnreached: boolean;
}

export function addClusterGauges(
  registry: Registry,
  { collectors, findings, recallTargets, misplanned }: ClusterSources,
): void {
  const { balance, replication, nodes, operations, recall } = collectors;
  const gauge = (name: string, help: string, read: () => readonly Sample[]) =>
    addReadMetric(registry, { name, help, type: "gauge" }, read);
  addBalanceGauges(registry, balance.latest);
  addReplicationGauges(registry, replication.latest);
  addNodeGauges(registry, nodes.latest);
  gauge("orrery_operations", "Operation records by kind and state.", () =>
    (operations.latest()?.counts ?? []).map(({ kind, state, count }) => ({
      labels: { kind, state },
      value: count,
    })),
  );
  gauge("orrery_operations_unreadable", "Operation records that cannot be read and so are never run.", () => {
    const sample = operations.latest();
    return sample === undefined ? [] : [{ labels: {}, value: sample.unreadable }];
  });
  gauge(
    "orrery_operation_idle_seconds",
    "The longest that the record of an unfinished operation has not changed.",
    () => [...(operations.latest()?.idleSeconds ?? [])].map(([kind, value]) => ({ labels: { kind }, value })),
  );
  gauge("orrery_recall_target", "The recall that searches of a collection want which name none.", () =>
    recallTargets().map(({ table, target }) => ({ labels: { table_name: table }, value: target })),
  );
  gauge("orrery_recall_unreached", "1 where some searches are exact, as no index scan has the recall.", () =>
    recallTargets().map(({ table, isUnreached }) => ({
      labels: { table_name: table },
      value: isUnreached ? 1 : 0,
    })),
  );
  gauge("orrery_recall_estimate", "Share of the nearest records that the index finds, sampled.", () =>
    [...(recall?.latest() ?? [])].map(([table_name, value]) => ({ labels: { table_name }, value })),
  );
  gauge(
    "orrery_misplanned_searches",
    "Templates of searches that PostgreSQL plans otherwise than they are meant.",
    () => [...misplanned()].map(([table_name, value]) => ({ labels: { table_name }, value })),
  );
  gauge(
    "orrery_findings",
    "Problems with nodes that the leader's checks have found for some seconds.",
    () => {
      const found = findings();
      return found === undefined ? [] : [{ labels: {}, value: found.length }];
    },
  );
  gauge(
    "orrery_collector_age_seconds",
    "Time since a collector last succeeded, or since this coordinator became leader.",
    () =>
      [balance, replication, nodes, operations, recall].flatMap((collector) => {
        const value = collector?.ageSeconds();
        return collector === undefined || value === undefined
          ? []
          : [{ labels: { collector: collector.name }, value }];
      }),
  );
  // Recall queries a different node each time, so its ages would mean nothing.
  gauge(
    "orrery_collector_node_age_seconds",
    "Time since a node last answered a collector, or since it was first queried.",
    () =>
      [balance, replication, nodes].flatMap(({ name: collector, nodeAgesSeconds }) =>
        [...(nodeAgesSeconds() ?? [])].map(([node, value]) => ({ labels: { collector, node }, value })),
      ),
  );
}
