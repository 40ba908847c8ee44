/** The systems that still take part in a run. */

import type { PeerSearch } from "../data/peer-data.ts";
import { cpuSecondsOf, memoryOf } from "../measure/cpu.ts";
import { loadSeconds, measure } from "../measure/measure.ts";
import type { Memory, PeerCpu } from "../measure/peer-rows.ts";
import { percentile, sorted } from "../measure/statistics.ts";
import type { Options } from "../options.ts";
import { type NotRun, whyOf } from "./open-peers.ts";
import type { Peer } from "./peer.ts";

export interface PeerRun {
  readonly options: Options;
  peers(): readonly Peer[];
  /**
   * `step` for each in turn. One that throws takes no further part, and is reported with what it was at.
   */
  each(what: string, step: (peer: Peer) => Promise<void>): Promise<void>;
  notRun(): readonly NotRun[];
}

export function createPeerRun(
  options: Options,
  opened: { readonly peers: readonly Peer[]; readonly notRun: readonly NotRun[] },
): PeerRun {
  let peers = opened.peers;
  const notRun = [...opened.notRun];
  return {
    options,
    peers: () => peers,
    notRun: () => notRun,
    async each(what, step) {
      for (const peer of peers) {
        try {
          await step(peer);
        } catch (error) {
          const why = `${what}: ${whyOf(error)}`;
          console.error(`${peer.id} is not run any further: ${why}`);
          notRun.push({ id: peer.id, why });
          peers = peers.filter((other) => other !== peer);
          await peer.adapter.stop();
        }
      }
    },
  };
}

/** Seconds used so far by all of its processes. */
export function cpuOf({ adapter, watched }: Peer): PeerCpu {
  const total = (roots: readonly number[]) => roots.reduce((sum, pid) => sum + cpuSecondsOf(pid), 0);
  return {
    client: cpuSecondsOf(adapter.pid),
    server: total(watched.coordinators),
    postgres: total(watched.postgres),
  };
}

/** `factor`: of the seconds. */
export function cpuBetween(before: PeerCpu, after: PeerCpu, factor = 1): PeerCpu {
  return {
    client: (after.client - before.client) * factor,
    server: (after.server - before.server) * factor,
    postgres: (after.postgres - before.postgres) * factor,
  };
}

/** Of its servers; of the process it is inside of, where there are none. */
export function memoryOfPeer({ adapter, watched }: Peer): Memory {
  const servers = [...watched.coordinators, ...watched.postgres];
  const all = (servers.length > 0 ? servers : [adapter.pid]).map(memoryOf);
  return {
    rssMib: all.reduce((sum, { rssMib }) => sum + rssMib, 0),
    pssMib: all.reduce((sum, { pssMib }) => sum + pssMib, 0),
  };
}

export async function answersOf(
  { adapter }: Peer,
  searches: readonly PeerSearch[],
): Promise<readonly (readonly string[])[]> {
  return (await adapter.run({ do: "answer", searches })).answers ?? [];
}

export interface Slice {
  readonly qps: number;
  readonly p50Ms: number;
  readonly cpu: PeerCpu;
}

/** All clients ask for `seconds`; throws the first error of an answer. */
export async function measureSlice(
  { adapter, watched }: Peer,
  searches: readonly PeerSearch[],
  { clients, start, warmup, seconds }: Options,
): Promise<Slice> {
  const window = { startSeconds: start, warmupSeconds: warmup, seconds };
  const load = { clients: Math.max(...clients), seconds: loadSeconds(window) };
  const samples = adapter.run({ do: "load", searches, ...load }).then((result) => {
    if (result.samples === undefined) throw new Error("no samples");
    return result.samples;
  });
  const { qps, latenciesMs, errors, cpuUs } = await measure(
    { pids: [adapter.pid], samples },
    window,
    watched,
  );
  if (errors[0] !== undefined) throw new Error(errors[0]);
  const { client, coordinator: server, postgres } = cpuUs;
  return {
    qps,
    p50Ms: percentile(sorted(latenciesMs), 0.5),
    cpu: { client, server, postgres: Number.isNaN(postgres) ? 0 : postgres },
  };
}
