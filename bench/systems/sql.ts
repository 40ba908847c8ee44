/** (a), (b), (b') and (d): `pg` clients, through the Citus coordinator node and on the owning worker. */
import type { BenchCluster } from "../cluster.ts";
import type { BenchCollection } from "../collection.ts";
import type { ShardStatements } from "../shard-statements.ts";
import { type ClientSystem, clientSystem } from "./client-system.ts";
import type { IterativeRole } from "./iterative-role.ts";

export function citusText({ url }: BenchCluster, { table }: BenchCollection): ClientSystem {
  return clientSystem({
    id: "a",
    name: "Citus SQL, text vectors",
    driver: ({ topK }) => ({ kind: "citus-search", url, table, topK, vectors: "text" }),
  });
}

export function citusBinary({ url }: BenchCluster, { table }: BenchCollection): ClientSystem {
  return clientSystem({
    id: "b",
    name: "Citus SQL, binary vectors",
    driver: ({ topK }) => ({ kind: "citus-search", url, table, topK, vectors: "binary" }),
  });
}

export function citusIterative({ url }: IterativeRole, { table }: BenchCollection): ClientSystem {
  return clientSystem({
    id: "b'",
    name: "Citus SQL, binary, iterative scan",
    driver: ({ topK }) => ({ kind: "citus-search", url, table, topK, vectors: "binary" }),
  });
}

export function owningWorker(statements: ShardStatements): ClientSystem {
  return clientSystem({
    id: "d",
    name: "pg on the owning worker",
    driver: () => ({ kind: "statement" }),
    request: statements.of,
    cannot: statements.cannot,
  });
}
