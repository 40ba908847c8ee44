/**
 * (a), (a+), (b), (b+), (b') and (d): `pg` clients, through the Citus coordinator node and on the owning
 * worker.
 */
import type { BenchCluster } from "../setup/cluster.ts";
import type { BenchCollection } from "../setup/collection.ts";
import { type ClientSystem, clientSystem } from "./client-system.ts";
import type { IterativeRole } from "./iterative-role.ts";
import type { ShardStatements } from "./shard-statements.ts";

/** `id`, with a plus sign when prepared. */
export function citusText(
  { url }: BenchCluster,
  { table }: BenchCollection,
  prepared: boolean,
): ClientSystem {
  return clientSystem({
    id: prepared ? "a+" : "a",
    name: `Citus SQL, text vectors${prepared ? ", prepared" : ""}`,
    driver: ({ topK }) => ({ kind: "citus-search", url, table, topK, vectors: "text", prepared }),
  });
}

export function citusBinary(
  { url }: BenchCluster,
  { table }: BenchCollection,
  prepared: boolean,
): ClientSystem {
  return clientSystem({
    id: prepared ? "b+" : "b",
    name: `Citus SQL, binary vectors${prepared ? ", prepared" : ""}`,
    driver: ({ topK }) => ({ kind: "citus-search", url, table, topK, vectors: "binary", prepared }),
  });
}

export function citusIterative({ url }: IterativeRole, { table }: BenchCollection): ClientSystem {
  return clientSystem({
    id: "b'",
    name: "Citus SQL, binary, prepared, iterative scan",
    driver: ({ topK }) => ({ kind: "citus-search", url, table, topK, vectors: "binary", prepared: true }),
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
