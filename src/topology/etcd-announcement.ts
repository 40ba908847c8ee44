/** A leased key that exists as long as this process does, put back after outages and wipes. */
import type { Logger } from "../lib/logger.ts";
import { createOutageLog } from "../lib/outage-log.ts";
import { createPacer } from "../lib/pacer.ts";
import { createSingleFlight } from "../lib/single-flight.ts";
import type { EtcdClient } from "./etcd-client.ts";
import { type HeldLease, holdLease } from "./etcd-lease.ts";

export interface Announcement {
  /** Resolves after one attempt; when it fails, further ones follow. */
  update(value: string): Promise<void>;
  /** Deletes the key, if etcd answers. */
  close(): Promise<void>;
}

/** Resolves after the first attempt, successful or not. */
export async function announceKey(
  { client, leaseTtlSeconds, logger }: { client: EtcdClient; leaseTtlSeconds: number; logger: Logger },
  key: string,
  firstValue: string,
): Promise<Announcement> {
  const outage = createOutageLog(logger, "announce this coordinator in etcd", () => performance.now());
  const pacer = createPacer();
  let value = firstValue;
  let held: HeldLease | undefined;
  let closed = false;

  const ensure = createSingleFlight(async () => {
    if (closed) return;
    try {
      if (held === undefined || held.lost.aborted) held = await holdLease(client, leaseTtlSeconds);
      const entry = await client.get(key);
      if (entry?.value !== value || entry.lease !== held.lease.id) await client.put(key, value, held.lease);
      outage.worked();
    } catch (error) {
      outage.failed(error);
    }
  });
  const renewUntilClosed = async () => {
    while (!closed) {
      await pacer.wait((leaseTtlSeconds * 1_000) / 3);
      await ensure();
    }
  };

  await ensure();
  const ended = renewUntilClosed();
  return {
    update(next) {
      value = next;
      return ensure();
    },
    async close() {
      closed = true;
      pacer.wake();
      await Promise.all([ended, ensure()]);
      await held?.release();
    },
  };
}
