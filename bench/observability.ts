/**
 * `observability`: what watching costs. Two coordinators over one cluster, one that measures requests,
 * collects and is scraped, one that does neither; slice by slice in turn. While one is asked the other is
 * stopped, so that what it does in the background is not charged to both.
 */
import { type CoordinatorProcess, startCoordinator } from "./coordinator.ts";
import type { Workload } from "./dataset.ts";
import type { Measurement } from "./measure/measure.ts";
import { type Spread, spread } from "./measure/statistics.ts";
import type { Options } from "./options.ts";
import { machine, writeResult } from "./report/results.ts";
import { measureSlice, searchWorkloads } from "./search.ts";
import { type Bench, type LoadedDataset, loadDataset, withBench } from "./set-up.ts";
import { orreryByH2load, orreryByNode } from "./systems/orrery.ts";
import { warmUp } from "./warm-up.ts";

const OFF = { ORRERY_METRICS_ENABLED: "false", ORRERY_COLLECTORS_ENABLED: "false" };
/** Three times as often as Prometheus is usually set to. */
const SCRAPE_EVERY_MS = 5_000;

interface Slice {
  readonly workload: string;
  readonly clients: number;
  readonly on: Measurement;
  readonly off: Measurement;
}

export function runObservability(options: Options): Promise<void> {
  return withBench(options, loadDataset, async (bench) => {
    const settings = { citusUrl: bench.cluster.url, efSearch: options.efSearch };
    const on = bench.coordinator;
    const off = await startCoordinator({ ...settings, settings: OFF, nice: options.nice });
    bench.defer("coordinator that measures nothing", () => off.stop(), 30_000);
    await warmUp([on, off], searchWorkloads(bench.data), bench);
    freeze(off);
    freeze(on);
    bench.defer("stopped coordinators", async () => [on, off].forEach(thaw));
    const slices: Slice[] = [];
    for (let repeat = 0; repeat < options.repeats; repeat += 1) {
      for (const workload of searchWorkloads(bench.data)) {
        for (const clients of options.clients) {
          const measured = new Map<CoordinatorProcess, Measurement>();
          // In turn first and second, so that neither has the better place.
          for (const coordinator of repeat % 2 === 0 ? [on, off] : [off, on])
            measured.set(
              coordinator,
              await measureOne(bench, {
                coordinator,
                workload,
                clients,
                repeat,
                scraped: coordinator === on,
              }),
            );
          const slice = {
            workload: workload.name,
            clients,
            on: measured.get(on) as Measurement,
            off: measured.get(off) as Measurement,
          };
          slices.push(slice);
          console.error(`${repeat + 1}  ${line(slice)}`);
        }
      }
    }
    thaw(on);
    thaw(off);
    await refuseFailures(bench.data, [on, off]);
    report(slices, bench);
  });
}

async function measureOne(
  { options, data, watched }: Bench<LoadedDataset>,
  {
    coordinator,
    workload,
    clients,
    repeat,
    scraped,
  }: {
    readonly coordinator: CoordinatorProcess;
    readonly workload: Workload;
    readonly clients: number;
    readonly repeat: number;
    readonly scraped: boolean;
  },
): Promise<Measurement> {
  thaw(coordinator);
  const scraper = scraped ? setInterval(() => void coordinator.scrape(), SCRAPE_EVERY_MS) : undefined;
  try {
    const system = orreryByH2load([coordinator], data.collection);
    const asked = { options, watched: { ...watched, coordinators: [coordinator.pid] } };
    return await measureSlice(asked, { system, workload, clients }, repeat);
  } finally {
    clearInterval(scraper);
    freeze(coordinator);
  }
}

function freeze({ pid }: CoordinatorProcess): void {
  process.kill(pid, "SIGSTOP");
}

function thaw({ pid }: CoordinatorProcess): void {
  process.kill(pid, "SIGCONT");
}

/**
 * The one that measures nothing does not count its calls either; it is asked once more by a client that
 * looks.
 */
async function refuseFailures(
  { dataset, collection }: LoadedDataset,
  coordinators: readonly CoordinatorProcess[],
): Promise<void> {
  for (const coordinator of coordinators) {
    const failed = await coordinator.failedCalls("orrery.v1.VectorService/Search");
    if (failed > 0) throw new Error(`${failed} searches ended with a gRPC status other than OK`);
    for (const workload of searchWorkloads({ dataset, collection })) {
      const system = orreryByNode(coordinator, collection);
      await system.answers?.(workload);
      await system.stop();
    }
  }
}

function line({ workload, clients, on, off }: Slice): string {
  const share = ((on.qps / off.qps) * 100).toFixed(1);
  return `${workload.padEnd(14)} ${String(clients).padStart(3)} clients  ${Math.round(on.qps)} of ${Math.round(off.qps)} QPS (${share} %)`;
}

function report(slices: readonly Slice[], { cluster, options }: Bench<LoadedDataset>): void {
  const kinds = [...new Set(slices.map(({ workload, clients }) => `${workload}, ${clients} clients`))];
  const rows = kinds.map((kind) => {
    const of = slices.filter(({ workload, clients }) => `${workload}, ${clients} clients` === kind);
    return {
      kind,
      qpsOn: spread(of.map(({ on }) => on.qps)),
      qpsOff: spread(of.map(({ off }) => off.qps)),
      qpsRatio: spread(of.map(({ on, off }) => on.qps / off.qps)),
      coordinatorCpuUs: {
        on: spread(of.map(({ on }) => on.cpuUs.coordinator)),
        off: spread(of.map(({ off }) => off.cpuUs.coordinator)),
      },
    };
  });
  const all = spread(slices.map(({ on, off }) => on.qps / off.qps));
  for (const { kind, qpsOn, qpsOff, qpsRatio, coordinatorCpuUs } of rows) {
    console.log(
      `${kind}: ${text(qpsOn, 0)} QPS on, ${text(qpsOff, 0)} off; ratio ${text(qpsRatio, 3)}; ` +
        `coordinator CPU ${text(coordinatorCpuUs.on, 0)} us an answer on, ${text(coordinatorCpuUs.off, 0)} off`,
    );
  }
  console.log(`all slices: ratio ${text(all, 3)}`);
  const result = { machine: machine(), settings: cluster.settings, options, rows, all };
  console.log(`\n${writeResult("observability.json", JSON.stringify(result, undefined, 1))}`);
}

function text({ median, min, max }: Spread, digits: number): string {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}-${max.toFixed(digits)})`;
}
