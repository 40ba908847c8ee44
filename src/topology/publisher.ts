/**
 * Runs on every coordinator; acts on the elected one: publishes what the catalogs say, and checks the nodes.
 *
 * ```
 *   candidate --elected--> raise the term in PostgreSQL --> leader: publish, check, publish, ...
 *       ^                                  | failed                  | leader term lost, or anything refused as not leader
 *       +----------------------------------+-------------------------+
 * ```
 */
import { isOrreryError, OrreryError } from "../errors.ts";
import { backoffMs } from "../lib/backoff.ts";
import type { Logger } from "../lib/logger.ts";
import { createOutageLog } from "../lib/outage-log.ts";
import { pause } from "../lib/pause.ts";
import { createSingleFlight } from "../lib/single-flight.ts";
import { runWithin } from "../lib/time-limit.ts";
import type { CurrentMap } from "./current-map.ts";
import { type Finding, lastingFindings, type SeenFinding, trackFindings } from "./findings.ts";
import type { Leadership, MapStore } from "./map-store.ts";
import { type Catalog, sameCatalog } from "./shard-map.ts";

const CATALOG_TIMEOUT_MS = 10_000;
const CHECK_TIMEOUT_MS = 30_000;
const FINDING_LASTS_MS = 5_000;
const CAMPAIGN_BACKOFF = { baseMs: 500, maxMs: 10_000 };

/** What the leader asks of the engine; `Engine` is one. */
export interface LedEngine {
  readMap(options: { readonly signal: AbortSignal }): Promise<Catalog>;
  raiseTerm(holder: string, signal: AbortSignal): Promise<number>;
  check(signal: AbortSignal): Promise<readonly Finding[]>;
}

export interface PublisherOptions {
  readonly store: MapStore;
  readonly engine: LedEngine;
  readonly map: Pick<CurrentMap, "current">;
  readonly id: string;
  readonly publishIntervalMs: number;
  readonly checkIntervalMs: number;
  readonly logger: Logger;
  /** Milliseconds; only differences matter. */
  readonly monotonicMs: () => number;
  /** Called when the lasting findings change. */
  readonly onFindings?: (findings: readonly Finding[]) => void;
}

/** One leader term of this coordinator. */
export interface LeaderTerm {
  readonly leadership: Leadership;
  /** As raised in PostgreSQL before the first act; admin statements carry it. */
  readonly term: number;
  /** Aborted when the leader term is lost, given up or the process goes: no act may begin after that. */
  readonly signal: AbortSignal;
}

export interface Publisher {
  isLeader(): boolean;
  /**
   * Runs `task` in each leader term from its start (at once if this coordinator leads) until the leader
   * term's signal aborts; then it must end. When it ends before, or rejects, the leader term is given up.
   */
  addTask(task: (leaderTerm: LeaderTerm) => Promise<void>): void;
  /** What the leader's checks have found for some seconds; empty on all others. */
  findings(): readonly Finding[];
  /**
   * On the leader: resolves after a look at the catalogs that began after the call, and the publication of
   * what had changed. Does nothing elsewhere. Never rejects: the next regular look makes up for a failed one.
   */
  publishNow(): Promise<void>;
  close(): Promise<void>;
}

export function startPublisher(options: PublisherOptions): Publisher {
  const { store, engine, map, id, publishIntervalMs, checkIntervalMs, logger, monotonicMs, onFindings } =
    options;
  const closing = new AbortController();
  const publishOutage = createOutageLog(logger, "publish the shard map", monotonicMs);
  const checkOutage = createOutageLog(logger, "check the nodes", monotonicMs);
  const termOutage = createOutageLog(logger, "take up the leadership", monotonicMs);

  /** Set while this coordinator leads. */
  let leaderTerm: LeaderTerm | undefined;
  const tasks = new Set<(leaderTerm: LeaderTerm) => Promise<void>>();
  /** Of the present leader term. */
  const performed = new Set<Promise<void>>();
  /** No epoch up to this one may be given out again. */
  let epochFloor = 0;
  let seen: readonly SeenFinding[] = [];
  let findings: readonly Finding[] = [];

  const publishChanges = createSingleFlight(async () => {
    if (leaderTerm === undefined) return;
    const { leadership, signal } = leaderTerm;
    try {
      const stored = await store.load();
      const catalog = await within(CATALOG_TIMEOUT_MS, signal, (limited) =>
        engine.readMap({ signal: limited }),
      );
      const latest = Math.max(epochFloor, stored?.value.epoch ?? 0);
      if (stored === undefined || stored.value.epoch < latest || !sameCatalog(stored.value, catalog)) {
        const epoch = latest + 1;
        await store.publish({ ...catalog, epoch }, { leadership, expected: stored?.revision });
        epochFloor = epoch;
        logger.info({ epoch }, "published the shard map");
      }
      publishOutage.worked();
    } catch (error) {
      if (isOrreryError(error, "NOT_LEADER")) await leadership.resign();
      else if (!signal.aborted) publishOutage.failed(error);
    }
  });

  const report = (next: readonly SeenFinding[]) => {
    seen = next;
    const lasting = lastingFindings(seen, monotonicMs(), FINDING_LASTS_MS);
    if (JSON.stringify(lasting) === JSON.stringify(findings)) return;
    findings = lasting;
    logger.warn({ findings }, "findings about the nodes changed");
    onFindings?.(findings);
  };

  const checkNodes = async (signal: AbortSignal) => {
    try {
      const found = await within(CHECK_TIMEOUT_MS, signal, (limited) => engine.check(limited));
      report(trackFindings(seen, found, monotonicMs()));
      checkOutage.worked();
    } catch (error) {
      if (!signal.aborted) checkOutage.failed(error);
    }
  };

  const perform = (task: (leaderTerm: LeaderTerm) => Promise<void>, held: LeaderTerm) => {
    const run = task(held)
      .catch((error: unknown) => {
        if (!held.signal.aborted) logger.error({ err: error }, "a task of the leader failed");
      })
      .then(() => held.leadership.resign())
      .finally(() => performed.delete(run));
    performed.add(run);
  };

  const lead = async (leadership: Leadership) => {
    const signal = AbortSignal.any([leadership.lost, closing.signal]);
    const term = await within(CATALOG_TIMEOUT_MS, signal, (limited) => engine.raiseTerm(id, limited));
    const others = await store.coordinators();
    epochFloor = Math.max(epochFloor, map.current().epoch, ...others.map(({ epoch }) => epoch));
    termOutage.worked();
    logger.info({ term }, "leading");
    // Frozen on the way here, this coordinator must not act: its term would be accepted in PostgreSQL.
    signal.throwIfAborted();
    leaderTerm = { leadership, term, signal };
    for (const task of tasks) perform(task, leaderTerm);
    await Promise.all([
      repeat(publishChanges, publishIntervalMs, signal),
      repeat(() => checkNodes(signal), checkIntervalMs, signal),
    ]);
    await Promise.all(performed);
  };

  const run = async () => {
    for (let failures = 0; !closing.signal.aborted; ) {
      const leadership = await store.campaign(id, closing.signal).catch(() => undefined);
      if (leadership === undefined) continue;
      try {
        await lead(leadership);
        failures = 0;
      } catch (error) {
        termOutage.failed(error);
        failures += 1;
      }
      leaderTerm = undefined;
      report([]);
      await leadership.resign();
      await pause(backoffMs(failures, CAMPAIGN_BACKOFF), closing.signal);
    }
  };
  const ended = run();

  return {
    isLeader: () => leaderTerm !== undefined && !leaderTerm.signal.aborted,
    addTask(task) {
      tasks.add(task);
      if (leaderTerm !== undefined && !leaderTerm.signal.aborted) perform(task, leaderTerm);
    },
    findings: () => findings,
    publishNow: publishChanges,
    async close() {
      closing.abort(new OrreryError("SHUTTING_DOWN", "this coordinator is shutting down"));
      await ended;
    },
  };
}

async function repeat(work: () => Promise<void>, intervalMs: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await work();
    await pause(intervalMs, signal);
  }
}

function within<T>(ms: number, signal: AbortSignal, call: (limited: AbortSignal) => Promise<T>): Promise<T> {
  const reason = () => new OrreryError("NODE_UNAVAILABLE", `no answer from the nodes in ${ms} ms`);
  return runWithin({ ms, reason, signal }, call);
}
