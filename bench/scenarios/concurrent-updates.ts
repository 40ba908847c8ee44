import type { WriteBatch } from "../client/job.ts";
import type { Scenario } from "./scenario.ts";
import { writeLoads } from "./write-loads.ts";

const KEYS = 100;
const UPDATES = 10_000;

/** Single records, a hundred hot keys of one namespace, so that writers meet. */
export const concurrentUpdates: Scenario = {
  name: "concurrent_updates",
  run(bench) {
    const { records } = bench.data.dataset;
    const batches = Array.from({ length: UPDATES }, (_, i): WriteBatch => {
      const { vector } = records[i % records.length] as (typeof records)[number];
      return { namespace: "hot", records: [{ key: `key-${(i * 37) % KEYS}`, vector }] };
    });
    return writeLoads(bench, {
      name: `updates of ${KEYS} keys`,
      batches,
    });
  },
};
