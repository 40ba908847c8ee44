/**
 * `memory`: what searches and writes of other clients notice of requests that are large or hostile, in a
 * coordinator that is given 512 MiB. They come at a fixed rate; quiet slices and others take turns. The cores
 * are shared with PostgreSQL and the clients, so the coordinator's own part is measured too. With `--other`,
 * the coordinator of that checkout after it.
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import Table from "cli-table3";
import { withReleasers } from "../../src/lib/releasers.ts";
import { runMigrate } from "../../test/support/coordinator.ts";
import { startCoordinatorProcess } from "../../test/support/coordinator-process.ts";
import { loadLargeRecords } from "../../test/support/large-requests.ts";
import { peakMemory } from "../../test/support/memory-load.ts";
import { startPostgres } from "../../test/support/postgres-server.ts";
import { createTempFolder } from "../../test/support/temp-folder.ts";
import { startHeavyLoad } from "../client/heavy-process.ts";
import { loopDelay, type ProcessLoad, watchProcess } from "../measure/process-load.ts";
import { medianInterval, percentile, sorted } from "../measure/statistics.ts";
import type { Options } from "../options.ts";
import { commitOf, machine, resultsFolder, writeResult } from "../report/results.ts";
import { programOf } from "../setup/coordinator.ts";
import { startSteadyLoad, type Timed } from "./move/steady-load.ts";

/** Of the others, one coordinator and one server: a small part of a core. */
const SEARCHES_PER_SECOND = 100;
const WRITES_PER_SECOND = 10;
const MB = 2 ** 20;

const KINDS = [
  { kind: "large", name: "large and hostile requests, all kinds at once" },
  { kind: "hostile", name: "clients that never finish what they begin" },
] as const;

interface Slice {
  readonly fromMs: number;
  readonly toMs: number;
  readonly load: ProcessLoad;
}

export async function runMemory(options: Options): Promise<void> {
  const { stop } = await withReleasers(async (defer) => {
    const server = await startPostgres({ database: "orrery" });
    defer("server", () => server.stop(), 60_000);
    const env = {
      ORRERY_ENGINE: "postgres",
      ORRERY_POSTGRES_URLS: server.adminUrl,
      ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
      ORRERY_LOG_LEVEL: "error",
    };
    await runMigrate(env);
    const folders = options.other === "" ? [process.cwd()] : [process.cwd(), options.other];
    const results = [];
    for (const [at, folder] of folders.entries()) {
      const probe = join(createTempFolder(), "probe");
      const coordinator = await startCoordinatorProcess(
        { ...env, ORRERY_MEMORY_LIMIT: "512MB", BENCH_LOOP_PROBE: probe },
        { program: programOf(folder), nodeArgs: nodeArgs(options) },
      );
      if (at === 0) await loadLargeRecords(server, coordinator.client);
      const bench: Bench = {
        options,
        target: { address: coordinator.address, http: coordinator.httpUrl.replace("http://", "") },
        watched: watchProcess(coordinator.pid, probe),
      };
      const rows = [];
      for (const kind of KINDS) rows.push(await measure(bench, kind));
      const peakMib = Math.round(peakMemory(coordinator.pid) / MB);
      coordinator.client.close();
      // Orderly, so that a profile is written.
      coordinator.signal("SIGTERM");
      await coordinator.ended;
      const commit = commitOf(folder);
      console.log(`${commit}:\n${tableOf(rows)}`);
      for (const { name, ends } of rows) console.log(`${name}: ${ends.join("; ")}`);
      console.log(`the coordinator held at most ${peakMib} MiB`);
      results.push({ commit, peakMib, rows });
    }
    const result = { machine: machine(), options, results };
    console.log(`\n${writeResult("memory.json", JSON.stringify(result, undefined, 1))}`);
  });
  await stop();
}

/** What Node gives itself in a container of 512 MiB, and what is wanted for measuring. */
function nodeArgs({ profile }: Options): readonly string[] {
  const probe = pathToFileURL(join(import.meta.dirname, "../client/loop-probe.js"));
  const profiled = profile ? ["--cpu-prof", `--cpu-prof-dir=${resultsFolder("profile")}`] : [];
  return ["--max-old-space-size=256", `--import=${probe}`, ...profiled];
}

interface Bench {
  readonly options: Options;
  readonly target: { readonly address: string; readonly http: string };
  readonly watched: ReturnType<typeof watchProcess>;
}

async function measure({ options, target, watched }: Bench, { kind, name }: (typeof KINDS)[number]) {
  const vector = Float32Array.of(1, 2, 3);
  const others = startSteadyLoad({
    address: target.address,
    collection: "memory_entries",
    namespace: "small",
    queries: [vector],
    records: [{ namespace: "small", key: "", vector }],
    searchesPerSecond: SEARCHES_PER_SECOND,
    writesPerSecond: WRITES_PER_SECOND,
  });
  const slice = async (): Promise<Slice> => {
    await watched.stretch();
    const fromMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, options.seconds * 1000));
    return { fromMs, toMs: performance.now(), load: await watched.stretch() };
  };
  await slice();
  const ends: string[] = [];
  const pairs: { readonly quiet: Slice; readonly busy: Slice }[] = [];
  for (let pair = 0; pair < options.repeats; pair += 1) {
    const quiet = await slice();
    const heavy = startHeavyLoad(kind, target);
    await new Promise((resolve) => setTimeout(resolve, options.warmup * 1000));
    const busy = await slice();
    ends.push(await heavy.stop());
    // What is left of it: rows that nobody wants any more, garbage.
    await new Promise((resolve) => setTimeout(resolve, options.warmup * 1000));
    pairs.push({ quiet, busy });
  }
  await others.stop();
  const figures = (slices: readonly Slice[]) => figuresOf(others, slices);
  const ratio = (of: (found: ReturnType<typeof figures>) => number) =>
    medianInterval(pairs.map(({ quiet, busy }) => of(figures([busy])) / of(figures([quiet]))));
  return {
    name,
    quiet: figures(pairs.map(({ quiet }) => quiet)),
    busy: figures(pairs.map(({ busy }) => busy)),
    searchP99: ratio(({ search }) => search.p99),
    writeP99: ratio(({ write }) => write.p99),
    loopP99: ratio(({ loop }) => loop.p99),
    ownLoopP99: ratio(({ loop }) => loop.ownP99),
    ends,
  };
}

function figuresOf(
  { searches, writes }: { readonly searches: readonly Timed[]; readonly writes: readonly Timed[] },
  slices: readonly Slice[],
) {
  const within = (calls: readonly Timed[]) =>
    calls.filter(({ atMs }) => slices.some(({ fromMs, toMs }) => atMs >= fromMs && atMs < toMs));
  const times = (calls: readonly Timed[]) => {
    const found = within(calls);
    const elapsed = sorted(found.map(({ elapsedMs }) => elapsedMs));
    return {
      p50: percentile(elapsed, 0.5),
      p99: percentile(elapsed, 0.99),
      failed: found.flatMap(({ error }) => error ?? []),
    };
  };
  const loads = slices.map(({ load }) => load);
  const sum = (of: (load: ProcessLoad) => number) => loads.reduce((total, load) => total + of(load), 0);
  const elapsedMs = sum((load) => load.elapsedMs);
  return {
    search: times(searches),
    write: times(writes),
    queueP99: percentile(sorted(within(searches).map(({ queueMs = 0 }) => queueMs)), 0.99),
    loop: {
      p99: loopDelay(loads, 0.99),
      ownP99: loopDelay(loads, 0.99, "ownLatenessMs"),
      max: Math.max(0, ...loads.flatMap(({ latenessMs }) => latenessMs)),
    },
    longestPauseMs: Math.max(0, ...loads.flatMap(({ pausesMs }) => pausesMs)),
    cpuShare: sum(({ cpuMs }) => cpuMs) / elapsedMs,
    starvedShare: sum(({ starvedMs }) => starvedMs) / elapsedMs,
  };
}

type Row = Awaited<ReturnType<typeof measure>>;
type Figures = Row["quiet"];

function tableOf(rows: readonly Row[]): string {
  const table = new Table({ head: ["others beside", ...rows.map(({ name }) => name)] });
  const both = (label: string, of: (found: Figures) => string) =>
    table.push([label, ...rows.map(({ quiet, busy }) => `${of(quiet)}, ${of(busy)}`)]);
  const ratio = (label: string, of: (row: Row) => Row["searchP99"]) =>
    table.push([
      label,
      ...rows.map((row) => {
        const { median, low, high } = of(row);
        return `${median.toFixed(2)} [${low.toFixed(2)}-${high.toFixed(2)}]`;
      }),
    ]);
  both("search p50, quiet, beside (ms)", ({ search }) => search.p50.toFixed(2));
  both("search p99 (ms)", ({ search }) => search.p99.toFixed(2));
  ratio("search p99, ratio", ({ searchP99 }) => searchP99);
  both("write p50 (ms)", ({ write }) => write.p50.toFixed(2));
  both("write p99 (ms)", ({ write }) => write.p99.toFixed(2));
  ratio("write p99, ratio", ({ writeP99 }) => writeP99);
  both("failed searches, writes", ({ search, write }) => `${search.failed.length}+${write.failed.length}`);
  both("waiting for a connection, p99 (ms)", ({ queueP99 }) => queueP99.toFixed(2));
  both("delay of the coordinator's event loop, p99 (ms)", ({ loop }) => loop.p99.toFixed(2));
  ratio("delay, ratio", ({ loopP99 }) => loopP99);
  both("its own part: without waiting for a core, p99 (ms)", ({ loop }) => loop.ownP99.toFixed(2));
  ratio("its own part, ratio", ({ ownLoopP99 }) => ownLoopP99);
  both("longest (ms)", ({ loop }) => loop.max.toFixed(1));
  both("longest pause for garbage (ms)", ({ longestPauseMs }) => longestPauseMs.toFixed(1));
  both("cores used by the coordinator", ({ cpuShare }) => cpuShare.toFixed(2));
  both("share of time it waited for a core", ({ starvedShare }) => starvedShare.toFixed(3));
  return table.toString();
}
