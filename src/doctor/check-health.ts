/** Judges how full, how well indexed and how punctual the servers of a cluster are. Pure. */
import { judgeClock } from "../servers/judge-clock.ts";
import { judgeDisk } from "../servers/judge-disk.ts";
import { type Check, failed, ok, toCheck, warning } from "./check.ts";
import type { AdminFacts, ClusterFacts, NodeFacts } from "./cluster-facts.ts";

const GIB = 2 ** 30;
/** Fewer rows are compared one by one on purpose. */
const INDEXED_ROWS = 10_000;
const SIGNIFICANT_SCANS = 10;
const NAMED_SHARDS = 5;

export function checkHealth(node: NodeFacts, { poolMax }: Pick<ClusterFacts, "poolMax">): readonly Check[] {
  return [
    ...checkConnections(node, poolMax),
    ...checkDisk(node),
    ...checkSlots(node),
    ...checkIndexes(node),
    ...checkPlans(node),
    ...checkRights(node),
    ...checkDurability(node),
  ];
}

/** Times and versions of records are taken from the servers' clocks. */
export function checkClocks(nodes: readonly NodeFacts[]): readonly Check[] {
  const verdicts = nodes.flatMap(({ name, clock }) =>
    clock === undefined ? [] : [{ name, verdict: judgeClock(clock, "this machine's") }],
  );
  if (verdicts.length === 0) return [];
  const wrong = verdicts.filter(({ verdict }) => verdict.severity !== "ok");
  if (wrong.length === 0) return [ok("clocks", "within a second of this machine's")];
  return wrong.map(({ name, verdict }) => toCheck(`${name} clock`, verdict));
}

/** Advice is no failure: everything works, less well than it could. */
export function checkParameters(parameters: ClusterFacts["parameters"]): readonly Check[] {
  if (parameters === undefined) return [];
  const { advice, unknownNodes } = parameters;
  const left = unknownNodes.map((name) =>
    warning(
      "parameters",
      `of collections are not judged, since a part of their shards may be on ${name}, which does not answer`,
    ),
  );
  if (advice.length === 0 && left.length === 0) return [ok("parameters", "suit the data there is")];
  const advised = advice.map(({ subject, parameter, present, advised: advisedValue, reason }) =>
    warning(`${subject} ${parameter}`, `${present}, advised ${advisedValue}: ${reason}`),
  );
  return [...left, ...advised];
}

function checkConnections({ name, connections }: NodeFacts, poolMax: number | undefined): readonly Check[] {
  if (connections === undefined) return [];
  const what = `${name} connections`;
  const { used, allowed } = connections;
  const detail = `${used} of ${allowed} used`;
  if (used > 0.9 * allowed)
    return [failed(what, `${detail}; raise max_connections or lower pool.max of the coordinators`)];
  if (poolMax !== undefined && poolMax > 0.8 * allowed) {
    return [
      warning(what, `${detail}; one coordinator may open ${poolMax} (pool.max): raise max_connections`),
    ];
  }
  if (used > 0.7 * allowed)
    return [warning(what, `${detail}; raise max_connections or lower pool.max of the coordinators`)];
  return [ok(what, detail)];
}

function checkDisk({ name, disk }: NodeFacts): readonly Check[] {
  return disk === undefined ? [] : [toCheck(`${name} disk`, judgeDisk(disk))];
}

function checkSlots({ name, idleSlotBytes = 0, missingStandbys = [] }: NodeFacts): readonly Check[] {
  const repair = "bring its standby back or drop it (pg_drop_replication_slot)";
  return [
    ...missingStandbys.map((slot) =>
      warning(`${name} standby`, `the one of slot ${slot} is not connected and its log is kept; ${repair}`),
    ),
    ...(idleSlotBytes < GIB
      ? []
      : [
          warning(
            `${name} replication slots`,
            `an unused one keeps ${(idleSlotBytes / GIB).toFixed(1)} GiB of log; ${repair}`,
          ),
        ]),
  ];
}

function checkIndexes({ name, shards: all = [] }: NodeFacts): readonly Check[] {
  const shards = all.filter(({ unindexed }) => unindexed !== true);
  if (shards.length === 0) return [];
  const what = `${name} indexes`;
  const missing = shards.filter(({ indexes }) => indexes === 0);
  const invalid = shards.filter(({ valid }) => !valid);
  const unused = shards.filter(
    ({ rows, indexes, valid, indexScans, sequentialScans }) =>
      indexes > 0 &&
      valid &&
      rows >= INDEXED_ROWS &&
      indexScans === 0 &&
      sequentialScans >= SIGNIFICANT_SCANS,
  );
  const checks = [
    ...(missing.length === 0
      ? []
      : [
          failed(
            what,
            `${tables(missing)}: no HNSW index, every search compares all rows; create it there as pg_indexes shows it of other shards`,
          ),
        ]),
    ...(invalid.length === 0
      ? []
      : [failed(what, `${tables(invalid)}: an index is not valid; REINDEX INDEX CONCURRENTLY repairs it`)]),
    ...(unused.length === 0
      ? []
      : [
          warning(
            what,
            `${tables(unused)}: searched without the HNSW index; run ANALYZE, then check EXPLAIN`,
          ),
        ]),
  ];
  return checks.length > 0 ? checks : [ok(what, `of ${shards.length} shards valid`)];
}

function tables(shards: NonNullable<NodeFacts["shards"]>): string {
  const names = shards
    .slice(0, NAMED_SHARDS)
    .map(({ table, collection }) =>
      collection === undefined ? table : `${table} (collection ${collection})`,
    );
  const more = shards.length - names.length;
  return `${names.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

function checkPlans({ name, misplanned }: NodeFacts): readonly Check[] {
  if (misplanned === undefined) return [];
  const what = `${name} plans`;
  const [first] = misplanned;
  if (first === undefined) return [ok(what, "searches use the vector index where they are meant to")];
  const { collection, table, template, plan } = first;
  const more = misplanned.length > 1 ? ` and ${misplanned.length - 1} more` : "";
  return [
    failed(
      what,
      `searches of collection ${collection} are not planned as they are meant (${table}: ${template} by ${plan}${more}); its vector index is not over what searches order by: build it anew as pg_indexes shows it of other shards`,
    ),
  ];
}

function checkRights({ name, seesStatistics, openFunctions, admin }: NodeFacts): readonly Check[] {
  const what = `${name} rights`;
  return [
    ...(seesStatistics === false
      ? [
          warning(
            what,
            "the service login sees neither standbys nor builds of other roles; GRANT pg_read_all_stats TO it",
          ),
        ]
      : []),
    ...(openFunctions === true
      ? [warning(what, "every login may run Orrery's functions; run orrery migrate, which takes that away")]
      : []),
    ...(admin === undefined ? [] : checkAdmin(what, admin)),
  ];
}

function checkAdmin(what: string, admin: AdminFacts): readonly Check[] {
  if ("error" in admin)
    return [
      failed(
        what,
        `${admin.error}; shards are moved with the login of citus.adminUrl: let it connect here, or correct it`,
      ),
    ];
  if (admin.seesLag || !admin.hasStandbys) return [];
  return [
    warning(
      what,
      `the admin role ${admin.role} may not see how far the standbys are, so no shard is moved; GRANT pg_monitor TO it, or set rebalance.maxLagBytes to 0`,
    ),
  ];
}

function checkDurability({ name, server }: NodeFacts): readonly Check[] {
  if (server === undefined) return [];
  return [
    ...(server.fsync
      ? []
      : [failed(`${name} fsync`, "off: a crash of the machine destroys the data; set it to on")]),
    ...(server.fullPageWrites
      ? []
      : [warning(`${name} full_page_writes`, "off: a crash may leave torn pages; set it to on")]),
    ...(server.autovacuum
      ? []
      : [failed(`${name} autovacuum`, "off: statistics and indexes decay; set it to on")]),
  ];
}
