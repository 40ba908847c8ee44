/** The systems of a run, those that can be had and those that cannot. */
import { join } from "node:path";
import { type Forked, startForked } from "../client/forked.ts";
import type { PeerResults } from "../measure/peer-rows.ts";
import type { AdapterJob, AdapterResult } from "./adapter.ts";
import type { Peer, PeerContext, PeerDefinition } from "./peer.ts";
import { chroma } from "./systems/chroma.ts";
import { hnswlib, lancedb, usearch } from "./systems/in-process.ts";
import { orrery, pgvector } from "./systems/own.ts";
import { redis } from "./systems/redis.ts";

const DEFINITIONS: readonly PeerDefinition[] = [
  orrery,
  pgvector,
  redis({ isQuantized: false }),
  redis({ isQuantized: true }),
  chroma,
  lancedb,
  hnswlib,
  usearch,
];

export type NotRun = PeerResults["notRun"][number];

/** Throws on a name that no system has. */
export function definitionsOf(ids: readonly string[]): readonly PeerDefinition[] {
  return ids.map((id) => {
    const definition = DEFINITIONS.find((each) => each.id === id);
    if (definition === undefined)
      throw new TypeError(`no system ${id}; there are ${DEFINITIONS.map((each) => each.id).join(" ")}`);
    return definition;
  });
}

/** Those that cannot be had are reported, never left out. */
export async function openPeers(
  definitions: readonly PeerDefinition[],
  context: PeerContext,
): Promise<{ readonly peers: readonly Peer[]; readonly notRun: readonly NotRun[] }> {
  const peers: Peer[] = [];
  const notRun: NotRun[] = [];
  for (const definition of definitions) {
    try {
      peers.push(await openPeer(definition, context));
    } catch (error) {
      notRun.push({ id: definition.id, why: whyOf(error) });
      console.error(`${definition.id} is not run: ${whyOf(error)}`);
    }
  }
  return { peers, notRun };
}

async function openPeer(definition: PeerDefinition, context: PeerContext): Promise<Peer> {
  const opened = await definition.open(context);
  const adapter: Forked<AdapterJob, AdapterResult> = startForked(
    join(import.meta.dirname, "adapter-main.js"),
  );
  context.defer(`client of ${definition.id}`, () => adapter.stop());
  await adapter.run({ do: "open", spec: opened.spec });
  return { ...definition, ...opened, adapter };
}

/** The first line, without a stack. */
export function whyOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n")[0] ?? "";
}
