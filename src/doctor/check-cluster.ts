/** Judges what was found out about a cluster. Pure; who finds it out is the coordinator's business. */

import { type Check, failed, ok, warning } from "./check.ts";
import { checkClocks, checkHealth, checkParameters } from "./check-health.ts";

import type { ClusterFacts, NodeFacts } from "./cluster-facts.ts";

export function checkCluster(facts: ClusterFacts): readonly Check[] {
  const checks = [
    ...facts.nodes.flatMap((node) => checkNode(node, facts)),
    ...checkClocks(facts.nodes),
    ...checkParameters(facts.parameters),
  ];
  return facts.etcd === undefined ? checks : [...checks, checkEtcd(facts.etcd)];
}

function checkEtcd({ error, version }: NonNullable<ClusterFacts["etcd"]>): Check {
  if (error !== undefined)
    return failed(
      "etcd",
      `${error}; start it, or correct etcd.endpoints: searches go on without it, changes of the cluster do not`,
    );
  if (version === undefined) return ok("etcd", "answers");
  const tested = !isBelow(version, "3.4") && isBelow(version, "3.7");
  return tested ? ok("etcd", version) : warning("etcd", `${version} is not tested; 3.4 to 3.6 are`);
}

const REPAIR_NODE =
  "its shards cannot be asked: start it, or repair the network, address or login that Orrery reaches it by";

function checkNode(node: NodeFacts, { engine, schema, poolMax }: ClusterFacts): readonly Check[] {
  const { name, error, inactive, settings = {} } = node;
  if (inactive === true)
    return [
      warning(name, "Citus does not use it: bring it back with citus_activate_node, or remove it for good"),
    ];
  if (error !== undefined)
    return [failed(name, node.notMigrated === true ? error : `${error}; ${REPAIR_NODE}`)];
  const checks = [
    checkPostgres(node),
    checkPgvector(node),
    checkSchema(node, schema),
    ...checkHealth(node, { poolMax }),
  ];
  return engine === "citus" ? [...checks, checkCitus(node), ...checkCitusSettings(name, settings)] : checks;
}

function checkPostgres({ name, postgres = "0" }: NodeFacts): Check {
  const what = `${name} PostgreSQL`;
  const [major = 0] = numbersOf(postgres);
  return major >= 15 && major <= 18
    ? ok(what, postgres)
    : warning(what, `${postgres} is not tested; 15 to 18 are`);
}

function checkPgvector({ name, pgvector }: NodeFacts): Check {
  const what = `${name} pgvector`;
  if (pgvector === undefined)
    return failed(what, "is not installed; install pgvector, then run orrery migrate");
  if (isBelow(pgvector, "0.8.0")) return failed(what, `${pgvector} has no iterative scans; 0.8.0 is needed`);
  if (isBelow(pgvector, "0.8.2")) {
    return warning(
      what,
      `${pgvector} has CVE-2026-3172 and bugs when HNSW indexes are vacuumed; upgrade to 0.8.4`,
    );
  }
  if (isBelow(pgvector, "0.8.4")) {
    return warning(what, `${pgvector} has bugs when HNSW indexes are vacuumed; upgrade to 0.8.4`);
  }
  return ok(what, pgvector);
}

function checkSchema({ name, schema }: NodeFacts, known: number): Check {
  const what = `${name} schema`;
  if (schema === undefined) return failed(what, "none; run orrery migrate");
  if (schema < known - 1)
    return failed(what, `${schema} is too old for this program's ${known}; run orrery migrate`);
  if (schema > known + 1)
    return failed(what, `${schema} is too new for this program's ${known}; upgrade the program`);
  return schema === known ? ok(what, String(schema)) : warning(what, `${schema}, this program's is ${known}`);
}

function checkCitus({ name, citus }: NodeFacts): Check {
  const what = `${name} Citus`;
  if (citus === undefined)
    return failed(what, "is not installed in this database; CREATE EXTENSION citus, or correct citus.url");
  const tested = !isBelow(citus, "13.2") && isBelow(citus, "15");
  return tested ? ok(what, citus) : warning(what, `${citus} is not tested; 13.2 and 14 are`);
}

function checkCitusSettings(name: string, settings: Readonly<Record<string, string>>): readonly Check[] {
  const walLevel = settings.wal_level ?? "";
  const prepared = settings.max_prepared_transactions ?? "";
  const plugins = settings.output_plugin_libraries;
  const plugin = `${name} output_plugin_libraries`;
  return [
    walLevel === "logical"
      ? ok(`${name} wal_level`, walLevel)
      : warning(
          `${name} wal_level`,
          `${walLevel}: shards can only move with writes blocked; set it to logical`,
        ),
    Number(prepared) > 0
      ? ok(`${name} max_prepared_transactions`, prepared)
      : failed(
          `${name} max_prepared_transactions`,
          "0: Citus cannot commit on several nodes; set it to max_connections",
        ),
    // Servers that do not know the setting restrict nothing.
    ...(plugins === undefined
      ? []
      : [
          /(^|[\s,])citus($|[\s,])/.test(plugins)
            ? ok(plugin, plugins)
            : warning(plugin, "does not list citus: shards cannot be split without blocking writes"),
        ]),
  ];
}

function numbersOf(version: string): number[] {
  return (/^\d+(\.\d+)*/.exec(version)?.[0] ?? "").split(".").map(Number);
}

function isBelow(version: string, bound: string): boolean {
  const numbers = numbersOf(version);
  for (const [index, limit] of numbersOf(bound).entries()) {
    const number = numbers[index] ?? 0;
    if (number !== limit) return number < limit;
  }
  return false;
}
