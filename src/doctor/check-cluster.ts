/** Judges what was found out about a cluster. Pure. */
import { judgeOutputPlugins, judgePreparedTransactions, judgeWalLevel } from "../servers/judge-settings.ts";
import {
  isBelow,
  judgeCitus,
  judgePgvector,
  judgePgvectorInstalled,
  judgePostgres,
} from "../servers/judge-versions.ts";
import type { ServerFacts } from "../servers/server-facts.ts";
import { findTwins } from "../servers/server-identity.ts";
import { type Check, failed, ok, toCheck, warning } from "./check.ts";
import { checkClocks, checkHealth, checkParameters } from "./check-health.ts";
import type { ClusterFacts, NodeFacts } from "./cluster-facts.ts";

export function checkCluster(facts: ClusterFacts): readonly Check[] {
  const checks = [
    ...facts.nodes.flatMap((node) => checkNode(node, facts)),
    ...checkTwins(facts.nodes),
    ...checkClocks(facts.nodes),
    ...checkParameters(facts.parameters),
    ...checkCollections(facts.collections),
    ...(facts.unusedSettings ?? []).map(({ setting, why }) => warning(setting, why)),
  ];
  return facts.etcd === undefined ? checks : [...checks, checkEtcd(facts.etcd)];
}

/** Filters and exact comparisons of those that lack something are slower than they need to be. */
function checkCollections(collections: ClusterFacts["collections"] = []): readonly Check[] {
  if (collections.length === 0) return [];
  const older = collections.filter(({ lacks }) => lacks.length > 0);
  if (older.length === 0) return [ok("collections", "have what new ones have")];
  return older.map(({ name, lacks }) =>
    warning(
      `collection ${name}`,
      `lacks what new ones have (${lacks.join(", ")}); run orrery collections update ${name} --complete`,
    ),
  );
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
  const { name, error, inactive, server } = node;
  if (inactive === true)
    return [
      warning(name, "Citus does not use it: bring it back with citus_activate_node, or remove it for good"),
    ];
  if (error !== undefined || server === undefined)
    return [failed(name, node.saysWhatToDo === true ? String(error) : `${error}; ${REPAIR_NODE}`)];
  return [
    toCheck(`${name} PostgreSQL`, judgePostgres(server)),
    checkPgvector(name, server),
    checkSchema(node, schema),
    ...checkHealth(node, { poolMax }),
    ...(engine === "citus" ? checkCitus(name, server) : []),
  ];
}

/** Of two nodes that are one, whichever answers first is asked for what only one of them is to hold. */
function checkTwins(nodes: readonly NodeFacts[]): readonly Check[] {
  const answering = nodes.map(({ name, identity }) => ({ name, identity }));
  return findTwins(answering).map(({ node, of, relation }) =>
    failed(node.name, `${relation} ${of.name}; configure one of them: every node is a server of its own`),
  );
}

function checkPgvector(name: string, { pgvector }: ServerFacts): Check {
  const what = `${name} pgvector`;
  return pgvector === undefined
    ? toCheck(what, judgePgvectorInstalled({ pgvector }))
    : toCheck(what, judgePgvector(pgvector));
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

function checkCitus(name: string, server: ServerFacts): readonly Check[] {
  const { citus } = server;
  return [
    citus === undefined
      ? failed(
          `${name} Citus`,
          "is not installed in this database; CREATE EXTENSION citus, or correct citus.url",
        )
      : toCheck(`${name} Citus`, judgeCitus(citus)),
    toCheck(`${name} wal_level`, judgeWalLevel(server)),
    toCheck(`${name} max_prepared_transactions`, judgePreparedTransactions(server)),
    // Most servers do not know the setting, so there is nothing to say of it.
    ...(server.outputPluginLibraries === undefined
      ? []
      : [toCheck(`${name} output_plugin_libraries`, judgeOutputPlugins(server))]),
  ];
}
