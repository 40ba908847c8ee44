/**
 * `peers`: Orrery beside other vector stores and indexes that run on one machine, with the same records,
 * queries and graph parameters, compared at the same recall.
 */
import { withReleasers } from "../../src/lib/releasers.ts";
import { createPeerData } from "../data/peer-data.ts";
import type { PeerResults } from "../measure/peer-rows.ts";
import type { Options } from "../options.ts";
import { definitionsOf, openPeers } from "../peers/open-peers.ts";
import type { PeerDefinition } from "../peers/peer.ts";
import { createPeerRun } from "../peers/peer-run.ts";
import { measureBuilds, measureFilters, measureSweep, measureUpdates, warmUp } from "../peers/stages.ts";
import { peersPage } from "../report/peers-page.ts";
import { peersTables } from "../report/peers-tables.ts";
import { machine, writeResult } from "../report/results.ts";
import { type BenchCluster, openCluster } from "../setup/cluster.ts";
import { migrate } from "../setup/coordinator.ts";

export async function runPeers(options: Options): Promise<void> {
  const definitions = definitionsOf(options.systems);
  const { stop } = await withReleasers(async (defer) => {
    const cluster = await openCluster({ url: process.env.ORRERY_CITUS_URL, workers: 1 });
    defer("cluster", () => cluster.stop(), 60_000);
    await migrate({ citusUrl: cluster.url, efSearch: undefined });
    const results: PeerResults[] = [];
    for (const kind of options.kinds) {
      const result = await measureKind(cluster, definitions, { options, kind });
      console.log(peersTables(result));
      results.push(result);
    }
    const all = { machine: machine(), settings: cluster.settings, options, results };
    console.log(`\n${writeResult("peers.json", JSON.stringify(all, undefined, 1))}`);
    console.log(writeResult("peers.html", peersPage(all)));
  });
  await stop();
}

/** Every system starts empty, and is ended with the kind of data. */
async function measureKind(
  cluster: BenchCluster,
  definitions: readonly PeerDefinition[],
  { options, kind }: { readonly options: Options; readonly kind: string },
): Promise<PeerResults> {
  const data = createPeerData(kind, options);
  const { dimension } = data;
  const capacity = data.records.length;
  const clients = Math.max(...options.clients);
  const { value, stop } = await withReleasers(async (defer) => {
    const opened = await openPeers(definitions, { cluster, kind, dimension, capacity, clients, defer });
    const run = createPeerRun(options, opened);
    const builds = await measureBuilds(run, data);
    await warmUp(run, data);
    const sweep = await measureSweep(run, data);
    const filters = await measureFilters(run, data, sweep);
    const updates = await measureUpdates(run, data, sweep);
    const systems = opened.peers.map(({ id, name, place }) => ({ id, name, place }));
    return {
      kind,
      records: capacity,
      dimension,
      systems,
      notRun: run.notRun(),
      builds,
      sweep,
      filters,
      updates,
    };
  });
  await stop();
  return value;
}
