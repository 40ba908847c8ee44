/**
 * Writers against a collection made for the purpose, through Orrery and through the Citus coordinator node.
 */
import { startClientProcess } from "../client/client-process.ts";
import type { DriverSpec, WriteBatch } from "../client/job.ts";
import { loadAtRate } from "../measure/load-at-rate.ts";
import { loadResult } from "../measure/load-result.ts";
import type { NamedLoad } from "../report/load-table.ts";
import { type BenchCollection, createCollection, dropCollection } from "../setup/collection.ts";
import type { Bench, LoadedDataset } from "../setup/with-bench.ts";

export interface Writes {
  readonly name: string;
  readonly batches: readonly WriteBatch[];
}

/** Each system in turn, repeat by repeat, on an empty collection each time. */
export async function writeLoads(
  bench: Bench<LoadedDataset>,
  { name, batches }: Writes,
): Promise<readonly NamedLoad[]> {
  const { cluster, coordinator, options } = bench;
  const { address } = coordinator;
  const systems: readonly [string, (collection: BenchCollection) => DriverSpec][] = [
    ["Citus SQL, binary vectors", ({ table }) => ({ kind: "citus-upsert", url: cluster.url, table })],
    ["Orrery, grpc-js client", ({ name: collection }) => ({ kind: "orrery-upsert", address, collection })],
  ];
  const client = startClientProcess();
  const loads: NamedLoad[] = [];
  try {
    for (let repeat = 0; repeat < options.repeats; repeat++) {
      for (const [system, driver] of systems) {
        const collection = await createCollection(cluster, address, { ...options, name: "bench_writes" });
        const rates = {
          clients: Math.max(...options.clients),
          ratePerSecond: options.rate,
          seed: repeat + 1,
        };
        const { samples } = await client.run({
          driver: driver(collection),
          requests: batches,
          load: loadAtRate(rates, options.warmup + options.seconds),
        });
        loads.push({ names: [name, system], result: loadResult(samples, options.warmup) });
        await dropCollection(address, collection);
      }
    }
  } finally {
    await client.stop();
  }
  return loads;
}
