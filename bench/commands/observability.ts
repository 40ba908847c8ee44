/**
 * `observability`: what watching costs. Two coordinators over one cluster, one that measures requests,
 * collects and is scraped, one that does neither.
 */
import { measurePairs } from "../measure/pairs.ts";
import type { Options } from "../options.ts";
import { pairRows, pairTable } from "../report/pair-table.ts";
import { machine, writeResult } from "../report/results.ts";
import { type CoordinatorProcess, startCoordinator } from "../setup/coordinator.ts";
import { loadDataset, withBench } from "../setup/with-bench.ts";

const OFF = { ORRERY_METRICS_ENABLED: "false", ORRERY_COLLECTORS_ENABLED: "false" };
/** Three times as often as Prometheus is usually set to. */
const SCRAPE_EVERY_MS = 5_000;

export function runObservability(options: Options): Promise<void> {
  return withBench(options, loadDataset, async (bench) => {
    const { cluster, coordinator: on, defer } = bench;
    const off = await startCoordinator({
      citusUrl: cluster.url,
      efSearch: options.efSearch,
      settings: OFF,
      nice: options.nice,
    });
    defer("coordinator that measures nothing", () => off.stop(), 30_000);
    const pairs = await measurePairs(bench, {
      coordinators: { base: off, subject: on },
      pairs: options.repeats,
      beside: (coordinator) => (coordinator === on ? scrapeRegularly(on) : () => {}),
    });
    const rows = pairRows(pairs);
    console.log(pairTable(rows, { base: "off", subject: "on" }));
    const result = { machine: machine(), settings: cluster.settings, options, rows };
    console.log(`\n${writeResult("observability.json", JSON.stringify(result, undefined, 1))}`);
  });
}

function scrapeRegularly(coordinator: CoordinatorProcess): () => void {
  const timer = setInterval(() => void coordinator.scrape(), SCRAPE_EVERY_MS);
  return () => clearInterval(timer);
}
