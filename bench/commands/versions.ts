/**
 * `versions`: this checkout against another one, for example that of a release. A coordinator of each over
 * one cluster and the same records, which this one has migrated and written.
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { measurePairs } from "../measure/pairs.ts";
import type { Options } from "../options.ts";
import { pairRows, pairTable } from "../report/pair-table.ts";
import { commitOf, machine, writeResult } from "../report/results.ts";
import { programOf, startCoordinator } from "../setup/coordinator.ts";
import { loadDataset, withBench } from "../setup/with-bench.ts";

export function runVersions(options: Options): Promise<void> {
  const folder = resolve(options.other);
  const program = programOf(folder);
  if (options.other === "" || !existsSync(program)) {
    throw new TypeError("--other must name the folder of another checkout, built by `npm run build`");
  }
  return withBench(options, loadDataset, async (bench) => {
    const { cluster, coordinator, defer } = bench;
    const other = await startCoordinator({
      citusUrl: cluster.url,
      efSearch: options.efSearch,
      nice: options.nice,
      program,
    });
    defer("coordinator of the other checkout", () => other.stop(), 30_000);
    const pairs = await measurePairs(bench, {
      coordinators: { base: other, subject: coordinator },
      pairs: options.pairs,
    });
    const rows = pairRows(pairs);
    console.log(pairTable(rows, { base: "other", subject: "this" }));
    const result = {
      machine: machine(),
      otherCommit: commitOf(folder),
      settings: cluster.settings,
      options,
      rows,
    };
    console.log(`\n${writeResult("versions.json", JSON.stringify(result, undefined, 1))}`);
  });
}
