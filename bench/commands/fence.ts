/**
 * `fence`: what the fence costs a worker. The statement that Orrery sends for a search of one namespace, with
 * its fence and without, in turn on one connection to each worker, and the CPU time of the process that
 * answers it.
 */
import pg from "pg";
import { encodeVector } from "../../src/shards/vector-codec.ts";
import type { NodeStatement } from "../client/job.ts";
import { searchWorkloads, type Workload } from "../data/dataset.ts";
import { groupBy } from "../data/group-by.ts";
import { cpuSecondsOf } from "../measure/cpu.ts";
import { spread } from "../measure/statistics.ts";
import type { Options } from "../options.ts";
import { machine, writeResult } from "../report/results.ts";
import { loadDataset, withBench } from "../setup/with-bench.ts";
import { shardStatements } from "../systems/shard-statements.ts";

const FENCE = /\(SELECT orrery\.shard_read\([^)]*\)\)/;

/** Microseconds of CPU per search. */
interface Round {
  readonly fenced: number;
  readonly bare: number;
}

export function runFence(options: Options): Promise<void> {
  return withBench(options, loadDataset, async ({ cluster, coordinator, data, watched, defer }) => {
    if (watched.postgres.length === 0) throw new TypeError("the servers' processes must be of this machine");
    const statements = await shardStatements(cluster, coordinator.address, data, options.efSearch);
    const [workload] = searchWorkloads(data.dataset) as [Workload];
    const byNode = groupBy(
      workload.queries.map((query) => statements.of(query, workload)),
      ({ url }) => url,
    );
    const rounds: Round[] = [];
    for (const [url, sameNode] of byNode) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      defer("connection", () => client.end());
      await askFor(options.warmup, client, sameNode, true);
      for (let repeat = 0; repeat < options.repeats; repeat++) {
        const fenced = await askFor(options.seconds, client, sameNode, true);
        const bare = await askFor(options.seconds, client, sameNode, false);
        rounds.push({ fenced, bare });
      }
    }
    const summary = {
      fenced: spread(rounds.map(({ fenced }) => fenced)),
      bare: spread(rounds.map(({ bare }) => bare)),
      share: spread(rounds.map(({ fenced, bare }) => 1 - bare / fenced)),
    };
    console.log(JSON.stringify(summary, undefined, 1));
    const result = { machine: machine(), settings: cluster.settings, options, rounds, summary };
    console.log(`\n${writeResult("fence.json", JSON.stringify(result, undefined, 1))}`);
  });
}

/**
 * Asks all of the statements, again and again; resolves with the CPU time of the server's process for each.
 */
async function askFor(
  seconds: number,
  client: pg.Client,
  statements: readonly NodeStatement[],
  isFenced: boolean,
): Promise<number> {
  const { rows } = await client.query("SELECT pg_backend_pid() AS pid");
  const { pid } = rows[0] as { readonly pid: number };
  const untilMs = performance.now() + seconds * 1000;
  const before = cpuSecondsOf(pid);
  let asked = 0;
  // Prepared by name, as Orrery does; a text is of one shard.
  const texts = [...new Set(statements.map(({ text }) => text))];
  while (performance.now() < untilMs) {
    for (const { text, values } of statements) {
      await client.query({
        name: `${isFenced ? "fenced" : "bare"}_${texts.indexOf(text)}`,
        text: isFenced ? text : text.replace(FENCE, bareCondition),
        values: values.map((value) => (value instanceof Float32Array ? encodeVector(value) : value)),
      });
      asked += 1;
    }
  }
  return ((cpuSecondsOf(pid) - before) * 1e6) / asked;
}

/** True, and names the parameter that the fence has, so that both statements take the same. */
function bareCondition(fence: string): string {
  const [parameter = "1"] = /\$\d+::int4/.exec(fence) ?? [];
  return `(SELECT ${parameter} > 0)`;
}
