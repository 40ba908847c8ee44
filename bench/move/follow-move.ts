/** One move from its request to its end: how long each phase took, and when the coordinators knew of the cut-over. */
import pg from "pg";
import type { Client } from "../../src/cli/client.ts";
import type { BenchCluster } from "../cluster.ts";

export interface FollowedMove {
  readonly startMs: number;
  readonly endMs: number;
  /** In order, as the operation told them; `performance.now()`. */
  readonly phases: readonly MovePhase[];
  /** Milliseconds from the cut-over in the catalogs to the new map, one per coordinator. */
  readonly mapAfterMs: readonly number[];
}

export interface MovePhase {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const POLL_MS = 5;

export interface MoveRequest {
  readonly shard: number;
  readonly target: string;
}

/** `clients`: one per coordinator; the first one is asked to move. */
export async function followMove(
  cluster: BenchCluster,
  clients: readonly Client[],
  { shard, target }: MoveRequest,
): Promise<FollowedMove> {
  const [client] = clients as [Client];
  const group = cluster.nodes.find(({ name }) => name === target)?.group;
  const watching = new AbortController();
  const arrivals = clients.map((one) => mapArrival(one, { shard, group, signal: watching.signal }));
  const cutOver = pollCutOver(cluster.url, { shard, group, signal: watching.signal });
  const startMs = performance.now();
  try {
    const { id } = await client.cluster.moveShard({ shardId: String(shard), targetNode: target });
    const phases = await followPhases(client, id);
    const endMs = performance.now();
    const cutOverMs = await cutOver;
    const mapAfterMs = (await Promise.all(arrivals)).map((arrivedMs) => Math.max(0, arrivedMs - cutOverMs));
    return { startMs, endMs, phases, mapAfterMs };
  } finally {
    watching.abort();
  }
}

async function followPhases(client: Client, id: string): Promise<readonly MovePhase[]> {
  const phases: MovePhase[] = [];
  let name = "set up";
  let fromMs = performance.now();
  for await (const { moves, state, error } of client.operation.watchOperation({ id })) {
    if (error !== null) throw new Error(error.message);
    if (state === "OPERATION_STATE_CANCELLED") throw new Error("the move was cancelled");
    const [move] = moves;
    const next = move?.state === "MOVE_STATE_DONE" ? "clean up" : move?.phase || name;
    if (next === name) continue;
    phases.push({ name, fromMs, toMs: performance.now() });
    name = next;
    fromMs = performance.now();
  }
  phases.push({ name, fromMs, toMs: performance.now() });
  return phases;
}

async function mapArrival(
  client: Client,
  { shard, group, signal }: { shard: number; group: number | undefined; signal: AbortSignal },
): Promise<number> {
  for await (const { shards } of client.cluster.watchShardMap({}, { signal })) {
    if (shards.find(({ id }) => id === String(shard))?.groupId === group) return performance.now();
  }
  throw new Error("the watch of the map ended");
}

/** When the Citus coordinator node first says that the shard is there. */
async function pollCutOver(
  url: string,
  { shard, group, signal }: { shard: number; group: number | undefined; signal: AbortSignal },
): Promise<number> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    while (!signal.aborted) {
      const { rows } = await client.query("SELECT groupid FROM pg_dist_placement WHERE shardid = $1", [
        shard,
      ]);
      if (rows[0]?.groupid === group) return performance.now();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return Number.NaN;
  } finally {
    await client.end();
  }
}
