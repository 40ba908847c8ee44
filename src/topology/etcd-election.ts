/** The election: the creator of the leader key, under a lease, leads for as long as that very key exists. */
import type { Logger } from "../lib/logger.ts";
import { createOutageLog } from "../lib/outage-log.ts";
import { pause } from "../lib/pause.ts";
import type { EtcdClient } from "./etcd-client.ts";
import { type HeldLease, holdLease } from "./etcd-lease.ts";
import type { Leadership } from "./map-store.ts";

/** How often a candidate checks whether there is a leader, and a leader whether it still leads. */
const POLL_INTERVAL_MS = 1_000;

export interface ElectionSettings {
  readonly client: EtcdClient;
  readonly key: string;
  readonly leaseTtlSeconds: number;
  readonly logger: Logger;
}

export class EtcdLeadership implements Leadership {
  /** Identifies this leader term: a later leader's key has another one. */
  readonly createRevision: string;
  readonly lost: AbortSignal;
  readonly #held: HeldLease;

  constructor(held: HeldLease, createRevision: string) {
    this.#held = held;
    this.lost = held.lost;
    this.createRevision = createRevision;
  }

  /** False as soon as another coordinator may lead. */
  isGood(): boolean {
    return this.#held.isGood();
  }

  resign(): Promise<void> {
    return this.#held.release();
  }
}

/** Waits until it leads. Rejects only with the signal's reason. */
export async function campaignFor(
  settings: ElectionSettings,
  id: string,
  signal: AbortSignal,
): Promise<EtcdLeadership> {
  const outage = createOutageLog(settings.logger, "ask etcd for the leadership", () => performance.now());
  for (;;) {
    const leadership = await tryToWin(settings, id).then(
      (result) => {
        outage.worked();
        return result;
      },
      (error: unknown) => {
        outage.failed(error);
        return undefined;
      },
    );
    if (signal.aborted) {
      await leadership?.resign();
      throw signal.reason;
    }
    if (leadership !== undefined) {
      void resignWhenReplaced(settings, leadership);
      return leadership;
    }
    await pause(POLL_INTERVAL_MS, signal);
  }
}

async function tryToWin(settings: ElectionSettings, id: string): Promise<EtcdLeadership | undefined> {
  const { client, key, leaseTtlSeconds } = settings;
  if ((await client.get(key)) !== undefined) return undefined;
  const held = await holdLease(client, leaseTtlSeconds);
  try {
    const result = await client.putIf({ key, value: id, lease: held.lease }, [
      { key, revision: "create", equals: "0" },
    ]);
    if (result.ok) return new EtcdLeadership(held, result.revision);
    // The first attempt of the call may have been applied although its answer was lost.
    const [present] = result.present;
    if (present?.lease === held.lease.id) return new EtcdLeadership(held, present.createRevision);
  } catch (error) {
    await held.release();
    throw error;
  }
  await held.release();
  return undefined;
}

async function resignWhenReplaced(
  { client, key }: ElectionSettings,
  leadership: EtcdLeadership,
): Promise<void> {
  while (!leadership.lost.aborted) {
    // While etcd does not answer, the lease decides.
    const mine = await client.get(key).then(
      (entry) => entry?.createRevision === leadership.createRevision,
      () => true,
    );
    if (!mine) await leadership.resign();
    await pause(POLL_INTERVAL_MS, leadership.lost);
  }
}
