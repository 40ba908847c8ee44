/**
 * One move from its request to its end: how long each phase took, and when the coordinators knew of the
 * cut-over.
 */
import pg from "pg";
import type { Client } from "../../../src/client/client.ts";
import type { BenchCluster } from "../../setup/cluster.ts";

export interface FollowedMove {
  readonly startMs: number;
  readonly endMs: number;
  /** In order, as the operation reported them; `performance.now()`. */
  readonly phases: readonly MovePhase[];
  /**
   * Milliseconds from the cut-over in the catalogs to the new map, one per coordinator; empty when it came
   * unseen.
   */
  readonly mapAfterMs: readonly number[];
}

export interface MovePhase {
  readonly name: string;
  readonly fromMs: number;
  readonly toMs: number;
}

const POLL_MS = 5;
/** Between them is the cut-over. */
const LAST_PHASES = ["final catch-up", "cut over"];

export interface MoveRequest {
  readonly shard: number;
  readonly target: string;
  /**
   * When the catalogs are asked for the cut-over. `at its end`: from the final catch-up on, because asking is
   * a load that the searches and writes beside it would be charged with. A short move may be over before it
   * tells of that.
   */
  readonly watch: "at its end" | "all of it";
}

/** `clients`: one per coordinator; the first one is asked to move. */
export async function followMove(
  cluster: BenchCluster,
  clients: readonly Client[],
  { shard, target, watch }: MoveRequest,
): Promise<FollowedMove> {
  const [client] = clients as [Client];
  const group = cluster.nodes.find(({ name }) => name === target)?.group;
  const watching = new AbortController();
  const arrivals = clients.map((one) => mapArrival(one, { shard, group, signal: watching.signal }));
  let begin = () => {};
  const nearsEnd = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const cutOver = nearsEnd.then(() => pollCutOver(cluster.url, { shard, group, signal: watching.signal }));
  if (watch === "all of it") begin();
  const startMs = performance.now();
  try {
    const { id } = await client.cluster.moveShard({ shardId: String(shard), targetNode: target });
    const phases = await followPhases(client, id, (phase) => {
      if (LAST_PHASES.includes(phase)) begin();
    });
    begin();
    const endMs = performance.now();
    const cutOverMs = await cutOver;
    const arrivedMs = await Promise.all(arrivals);
    const mapAfterMs = cutOverMs === undefined ? [] : arrivedMs.map((atMs) => Math.max(0, atMs - cutOverMs));
    return { startMs, endMs, phases, mapAfterMs };
  } finally {
    watching.abort();
  }
}

async function followPhases(
  client: Client,
  id: string,
  onPhase: (name: string) => void,
): Promise<readonly MovePhase[]> {
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
    onPhase(name);
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

/**
 * When the Citus coordinator node first says that the shard is there; undefined when it says so from the
 * start.
 */
async function pollCutOver(
  url: string,
  { shard, group, signal }: { shard: number; group: number | undefined; signal: AbortSignal },
): Promise<number | undefined> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    for (let reads = 0; !signal.aborted; reads += 1) {
      const { rows } = await client.query("SELECT groupid FROM pg_dist_placement WHERE shardid = $1", [
        shard,
      ]);
      if (rows[0]?.groupid === group) return reads === 0 ? undefined : performance.now();
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return undefined;
  } finally {
    await client.end();
  }
}
