/** What is measured of all systems, one stage after the other; within a stage they take turns. */
import type { TopicRecord } from "../../test/support/topics.ts";
import {
  FILTER_CELLS,
  overwrittenRecords,
  type PeerData,
  type PeerSearch,
  truthsOf,
} from "../data/peer-data.ts";
import { judge, type Truth } from "../data/truth.ts";
import { widthFor } from "../measure/equal-recall.ts";
import type { BuildRow, FilterRow, SweepRow, UpdateRow } from "../measure/peer-rows.ts";
import { shuffled } from "../measure/shuffled.ts";
import { mean } from "../measure/statistics.ts";
import type { Peer } from "./peer.ts";
import { answersOf, cpuBetween, cpuOf, measureSlice, memoryOfPeer, type PeerRun } from "./peer-run.ts";

/** Records of one message to an adapter. */
const CHUNK = 1_000;
/** pgvector's default. */
const WARM_UP_WIDTH = 40;
/** At which filters and updates are measured. */
const RECALL = 0.95;
const MICROSECONDS = 1e6;

export async function measureBuilds(run: PeerRun, { records }: PeerData): Promise<readonly BuildRow[]> {
  const rows: BuildRow[] = [];
  await run.each("writing the records", async (peer) => {
    const before = memoryOfPeer(peer);
    const written = await timed(peer, records);
    rows.push({ system: peer.id, ...written, before, after: memoryOfPeer(peer) });
    progress(peer, `${records.length} records in ${written.seconds.toFixed(1)} s`);
  });
  return rows;
}

async function timed({ adapter, ...peer }: Peer, records: readonly TopicRecord[]) {
  const before = cpuOf({ adapter, ...peer });
  const startMs = performance.now();
  for (let at = 0; at < records.length; at += CHUNK)
    await adapter.run({ do: "write", records: records.slice(at, at + CHUNK) });
  await adapter.run({ do: "finish" });
  return {
    seconds: (performance.now() - startMs) / 1000,
    cpu: cpuBetween(before, cpuOf({ adapter, ...peer })),
  };
}

/** As a service that has been up for a while: what runs hot is compiled, connections and pages are there. */
export async function warmUp(run: PeerRun, { queries }: PeerData): Promise<void> {
  const { settle: seconds, clients: counts } = run.options;
  if (seconds === 0) return;
  const searches = queries.map((vector): PeerSearch => ({ vector }));
  await run.each("warming up", async ({ adapter }) => {
    await adapter.run({ do: "set-width", width: WARM_UP_WIDTH });
    await adapter.run({ do: "load", searches, clients: Math.max(...counts), seconds });
  });
}

export async function measureSweep(run: PeerRun, data: PeerData): Promise<readonly SweepRow[]> {
  const rows: SweepRow[] = [];
  const searches = data.queries.map((vector): PeerSearch => ({ vector }));
  const truths = truthsOf(data.records, searches);
  for (let repeat = 0; repeat < run.options.repeats; repeat += 1) {
    for (const wanted of shuffled(run.options.sweep, repeat + 1)) {
      await run.each(`searches of width ${wanted}`, async (peer) => {
        const width = peer.fixedWidth ?? wanted;
        await peer.adapter.run({ do: "set-width", width });
        const { recall } = judged(await answersOf(peer, searches), truths);
        const slice = await measureSlice(peer, searches, run.options);
        rows.push({ system: peer.id, width, recall, ...slice });
        progress(peer, `width ${width}, recall ${recall.toFixed(3)}, ${Math.round(slice.qps)} QPS`);
      });
    }
  }
  return rows;
}

export async function measureFilters(
  run: PeerRun,
  data: PeerData,
  sweep: readonly SweepRow[],
): Promise<readonly FilterRow[]> {
  const rows: FilterRow[] = [];
  for (const { name: cell, filterOf } of FILTER_CELLS) {
    const searches = data.queries.map((vector) => ({ vector, filter: filterOf(data, vector) }));
    const truths = truthsOf(data.records, searches);
    await run.each(`filter ${cell}`, async (peer) => {
      if (peer.hasFilters === false) return;
      const width = await setEnough(peer, sweep);
      const { recall, short } = judged(await answersOf(peer, searches), truths);
      const slice = await measureSlice(peer, searches, run.options);
      rows.push({ system: peer.id, cell, width, recall, short, qps: slice.qps, cpu: slice.cpu });
      progress(peer, `${cell}: recall ${recall.toFixed(3)}, ${short} short`);
    });
  }
  return rows;
}

export async function measureUpdates(
  run: PeerRun,
  data: PeerData,
  sweep: readonly SweepRow[],
): Promise<readonly UpdateRow[]> {
  const rows: UpdateRow[] = [];
  const searches = data.queries.map((vector): PeerSearch => ({ vector }));
  const before = truthsOf(data.records, searches);
  const after = truthsOf(overwrittenRecords(data), searches);
  await run.each("overwriting a tenth", async (peer) => {
    const width = await setEnough(peer, sweep);
    const { recall: recallBefore } = judged(await answersOf(peer, searches), before);
    const { cpu, seconds } = await timed(peer, data.overwrites);
    const { recall: recallAfter } = judged(await answersOf(peer, searches), after);
    const perRecord = MICROSECONDS / data.overwrites.length;
    const none = { client: 0, server: 0, postgres: 0 };
    rows.push({
      system: peer.id,
      width,
      seconds,
      cpu: cpuBetween(none, cpu, perRecord),
      recallBefore,
      recallAfter,
    });
    progress(peer, `overwritten, recall ${recallBefore.toFixed(3)} to ${recallAfter.toFixed(3)}`);
  });
  return rows;
}

/** The least width of the sweep that has the recall without a filter. */
async function setEnough({ id, adapter }: Peer, sweep: readonly SweepRow[]): Promise<number> {
  const own = sweep.filter(({ system }) => system === id);
  const width = widthFor(own, RECALL);
  await adapter.run({ do: "set-width", width });
  return width;
}

function judged(answers: readonly (readonly string[])[], truths: readonly Truth[]) {
  const all = answers.map((keys, i) => judge(keys, truths[i] as Truth));
  return {
    recall: mean(all.map(({ recall }) => recall)),
    short: all.filter(({ isShort }) => isShort).length,
  };
}

function progress({ id }: Peer, text: string): void {
  console.error(`${id.padEnd(9)} ${text}`);
}
