/** The leader task that publishes what the catalogs say, each time with a higher epoch. */
import { isOrreryError, OrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { createOutageLog } from "../lib/outage-log.ts";
import { repeat } from "../lib/repeat.ts";
import { createSingleFlight } from "../lib/single-flight.ts";
import { runWithin } from "../lib/time-limit.ts";
import type { CurrentMap } from "./current-map.ts";
import type { Finding } from "./findings.ts";
import type { LeaderTask, LeaderTerm } from "./leader.ts";
import type { MapStore } from "./map-store.ts";
import { replacedShards } from "./replaced-shards.ts";
import { type Catalog, EMPTY_MAP, type InvalidCollection, sameCatalog } from "./shard-map.ts";
import { validCatalog } from "./valid-catalog.ts";

const CATALOG_TIMEOUT_MS = 10_000;

export interface MapPublisherOptions {
  readonly store: Pick<MapStore, "load" | "publish" | "coordinators">;
  /** `Engine.readMap`. */
  readonly readCatalog: (options: { readonly signal: AbortSignal }) => Promise<Catalog>;
  readonly map: Pick<CurrentMap, "current">;
  readonly intervalMs: number;
  readonly logger: Logger;
  /** Milliseconds; only differences matter. */
  readonly monotonicMs: () => number;
}

export interface MapPublisher {
  readonly task: LeaderTask;
  /**
   * On the leader: resolves after a read of the catalogs that began after the call, and the publication of
   * what had changed. Does nothing elsewhere. Never rejects: the next regular read makes up for a failed one.
   */
  publishNow(): Promise<void>;
  /** Collections whose tables were made anew since this coordinator leads; empty on all others. */
  findings(): readonly Finding[];
}

export function createMapPublisher(options: MapPublisherOptions): MapPublisher {
  const { store, readCatalog, map, intervalMs, logger, monotonicMs } = options;
  const outage = createOutageLog(logger, "publish the shard map", monotonicMs);
  /** Set while this coordinator leads. */
  let leaderTerm: LeaderTerm | undefined;
  /** No epoch up to this one may be given out again. */
  let epochFloor = 0;
  /** The leader term that knows which epochs others have given out. */
  let floorRaisedIn: LeaderTerm | undefined;

  const raiseFloor = async (current: LeaderTerm) => {
    if (floorRaisedIn === current) return;
    const others = await store.coordinators();
    epochFloor = Math.max(epochFloor, map.current().epoch, ...others.map(({ epoch }) => epoch));
    floorRaisedIn = current;
  };

  /** In the log once, not with every read. */
  let reported = "[]";
  const report = (invalid: readonly InvalidCollection[]) => {
    const text = JSON.stringify(invalid);
    if (text === reported) return;
    reported = text;
    if (invalid.length === 0) logger.info({}, "the shards of all collections are valid again");
    else
      logger.error({ invalid }, "the catalogs have collections with invalid shards; they are not published");
  };

  let lastRead: Catalog | undefined;
  let replaced: readonly Finding[] = [];
  const noteReplaced = (read: Catalog) => {
    const names = lastRead === undefined ? [] : replacedShards(lastRead, read);
    lastRead = read;
    if (names.length === 0) return;
    const node = read.nodes.find(({ group }) => group === 0)?.name ?? "";
    replaced = [...replaced, ...names.map((name) => ({ node, problem: problemOfReplaced(name) }))];
    logger.error({ collections: names }, "collections have other shards, all at once");
  };

  const publishChanges = async (current: LeaderTerm) => {
    const { leadership, signal } = current;
    await raiseFloor(current);
    const stored = await store.load();
    const read = await runWithin({ ms: CATALOG_TIMEOUT_MS, reason: noAnswer, signal }, (limited) =>
      readCatalog({ signal: limited }),
    );
    noteReplaced(read);
    const last = [stored?.value ?? EMPTY_MAP, map.current()].flatMap(({ collections }) => collections);
    const catalog = validCatalog(read, { collections: last });
    report(catalog.invalid ?? []);
    const latest = Math.max(epochFloor, stored?.value.epoch ?? 0);
    if (stored !== undefined && stored.value.epoch >= latest && sameCatalog(stored.value, catalog)) return;
    const epoch = latest + 1;
    await store.publish({ ...catalog, epoch }, { leadership, expected: stored?.revision });
    epochFloor = epoch;
    logger.info({ epoch }, "published the shard map");
  };

  const publishNow = createSingleFlight(async () => {
    const current = leaderTerm;
    if (current === undefined) return;
    try {
      await publishChanges(current);
      outage.worked();
    } catch (error) {
      if (isOrreryError(error, "NOT_LEADER")) await current.leadership.resign();
      else if (!current.signal.aborted) outage.failed(error);
    }
  });

  return {
    async task(current) {
      leaderTerm = current;
      try {
        await repeat(publishNow, intervalMs, current.signal);
      } finally {
        leaderTerm = undefined;
        lastRead = undefined;
        replaced = [];
      }
    },
    publishNow,
    findings: () => replaced,
  };
}

const noAnswer = () =>
  new OrreryError("NODE_UNAVAILABLE", `no answer from the nodes in ${CATALOG_TIMEOUT_MS} ms`);

const problemOfReplaced = (collection: string) =>
  `collection ${collection} got other shards, all at once, as by alter_distributed_table: records written meanwhile may be lost`;
