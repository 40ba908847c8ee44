/**
 * The whole configuration: docs/configuration.md, the names of the environment variables and the JSON schema
 * are made from it. Each section is a file in `sections`.
 */
import { z } from "zod";
import { citus } from "./sections/citus.ts";
import { collection } from "./sections/collection.ts";
import { collectors } from "./sections/collectors.ts";
import { embedded } from "./sections/embedded.ts";
import { etcd } from "./sections/etcd.ts";
import { http } from "./sections/http.ts";
import { limits } from "./sections/limits.ts";
import { log } from "./sections/log.ts";
import { memory } from "./sections/memory.ts";
import { metrics } from "./sections/metrics.ts";
import { node } from "./sections/node.ts";
import { pool } from "./sections/pool.ts";
import { postgres } from "./sections/postgres.ts";
import { query } from "./sections/query.ts";
import { rebalance } from "./sections/rebalance.ts";
import { recall } from "./sections/recall.ts";
import { reindex } from "./sections/reindex.ts";
import { rpc } from "./sections/rpc.ts";
import { topology } from "./sections/topology.ts";

// A check across sections is made even when other settings are wrong, so that all problems are reported at
// once.
const always = () => true;

/** A node is known by its host and port, so no two may be on one server. A sentence for each that is. */
function sharedServers(urls: readonly string[]): readonly string[] {
  const servers = urls.map((url) => (URL.canParse(url) ? serverOf(new URL(url)) : undefined));
  return servers.flatMap((server, index) => {
    const first = servers.indexOf(server);
    return server === undefined || first === index
      ? []
      : [
          `postgres.urls[${index}] is on the same server as postgres.urls[${first}], ${server}: each node needs a server of its own`,
        ];
  });
}

function serverOf({ hostname, port, searchParams }: URL): string {
  const host = (searchParams.get("host") ?? (hostname || "localhost")).toLowerCase();
  return `${host}:${searchParams.get("port") ?? (port || "5432")}`;
}

export const configSchema = z
  .strictObject({
    engine: z.enum(["embedded", "postgres", "citus"]).default("embedded").describe("What stores the data."),
    citus,
    postgres,
    embedded,
    pool,
    node,
    etcd,
    rpc,
    http,
    log,
    metrics,
    limits,
    memory,
    query,
    recall,
    collectors,
    collection,
    topology,
    rebalance,
    reindex,
  })
  .refine(({ engine, citus }) => engine !== "citus" || citus?.url !== undefined, {
    path: ["citus", "url"],
    message: "is needed by engine citus",
    when: always,
  })
  .refine(({ engine, postgres }) => engine !== "postgres" || postgres?.urls?.length !== 0, {
    path: ["postgres", "urls"],
    message: "needs at least one for engine postgres",
    when: always,
  })
  .superRefine(({ postgres }, context) => {
    for (const problem of sharedServers(postgres?.urls ?? [])) {
      context.addIssue({ code: "custom", path: ["postgres", "urls"], message: problem });
    }
  })
  .refine(({ engine, etcd }) => engine !== "embedded" || etcd?.endpoints?.length === 0, {
    path: ["etcd", "endpoints"],
    message: "cannot be used by engine embedded, whose nodes live in this process alone",
    when: always,
  })
  .refine(({ rpc, http }) => !overlap(rpc?.listen, http?.listen), {
    path: ["http", "listen"],
    message: "is the address of rpc.listen too",
    when: always,
  });

/** Whether two servers cannot listen there at once. Port 0 takes any that is free. */
function overlap(one: unknown, other: unknown): boolean {
  if (typeof one !== "string" || typeof other !== "string") return false;
  const [[host, port], [otherHost, otherPort]] = [one, other].map((address) => {
    const at = address.lastIndexOf(":");
    return [address.slice(0, at), Number(address.slice(at + 1))] as const;
  }) as [readonly [string, number], readonly [string, number]];
  const all = ["0.0.0.0", "[::]"];
  return (
    port === otherPort && port !== 0 && (host === otherHost || all.includes(host) || all.includes(otherHost))
  );
}

export type Config = z.output<typeof configSchema>;
