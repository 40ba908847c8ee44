/**
 * A lease that is kept alive, and counts as lost here before it can have expired on the server: what counts
 * is the monotonic time since the start of the last keep-alive that succeeded. So a process that was frozen
 * or cut off notices in time.
 */
import { createPacer } from "../lib/pacer.ts";
import type { EtcdClient, EtcdLease } from "./etcd-client.ts";

/** Part of the time to live after which a lease that could not be renewed counts as lost. */
const SAFE_PART = 0.9;
const RENEW_PART = 1 / 3;
const RETRY_MS = 300;

export interface HeldLease {
  readonly lease: EtcdLease;
  /** Aborted when the lease is lost or released. */
  readonly lost: AbortSignal;
  /** By the clock, so that it is right even when timers are late, as after a freeze. */
  isGood(): boolean;
  /**
   * Ends it on the server, if that answers; never throws. Every call returns the same promise.
   */
  release(): Promise<void>;
}

/** Throws STORE_UNAVAILABLE when no lease is granted. */
export async function holdLease(client: EtcdClient, ttlSeconds: number): Promise<HeldLease> {
  const ttlMs = ttlSeconds * 1_000;
  const grantedAt = performance.now();
  const lease = await client.grantLease(ttlSeconds);
  const lost = new AbortController();
  const pacer = createPacer();
  const lose = () => {
    lost.abort();
    pacer.wake();
  };

  let goodUntil = 0;
  let timer: NodeJS.Timeout | undefined;
  const renewedAt = (time: number) => {
    goodUntil = time + ttlMs * SAFE_PART;
    clearTimeout(timer);
    timer = setTimeout(lose, goodUntil - performance.now());
  };
  renewedAt(grantedAt);

  const keepAlive = async () => {
    let delayMs = ttlMs * RENEW_PART;
    for (;;) {
      await pacer.wait(delayMs);
      if (lost.signal.aborted) break;
      const startedAt = performance.now();
      const known = await lease.keepAlive().catch(() => undefined);
      if (lost.signal.aborted) break;
      if (known === false) lose();
      if (known === true) renewedAt(startedAt);
      delayMs = known === true ? ttlMs * RENEW_PART : RETRY_MS;
    }
    clearTimeout(timer);
  };
  void keepAlive();

  let released: Promise<void> | undefined;
  const release = async () => {
    lose();
    await lease.revoke().catch(() => undefined);
  };

  return {
    lease,
    lost: lost.signal,
    isGood: () => !lost.signal.aborted && performance.now() < goodUntil,
    release() {
      released ??= release();
      return released;
    },
  };
}
