/** Requests of every kind, over and over, as a service in use gets them. */
import { setTimeout as sleep } from "node:timers/promises";
import { toVector } from "../../src/cli/values.ts";
import type { Client } from "../../src/client/client.ts";
import type { PostgresServer } from "./postgres-server.ts";
import { waitFor } from "./wait-for.ts";

export interface Load {
  /** Freezes `server` until a search that allows it gets a partial answer. */
  withPartialAnswers(server: PostgresServer | undefined): Promise<void>;
  stop(): Promise<void>;
}

/** The namespace searched most. */
export const BUSIEST = "tenant 7919";

/** Names that spread over the whole ring. */
const nameOf = (tenant: number) => `tenant ${tenant * 7919}`;
const TENANTS = 10;
const RECORDS_PER_TENANT = 60;

export async function startLoad(
  clients: readonly Client[],
  { dimension }: { readonly dimension: number },
): Promise<Load> {
  const vectorOf = (seed: number) =>
    toVector(Array.from({ length: dimension }, (_, at) => Math.sin(seed * (at + 1) + at)));
  const recordsOf = (tenant: number, version: number) =>
    Array.from({ length: RECORDS_PER_TENANT }, (_, index) => ({
      namespace: nameOf(tenant),
      key: `key ${index}`,
      value: `${version}`,
      vector: vectorOf(tenant * 1000 + index),
    }));
  const [first] = clients;
  for (let tenant = 0; tenant < TENANTS; tenant++)
    await first?.vector.upsert({ records: recordsOf(tenant, 0) });

  let running = true;
  const repeat = async (requests: (round: number) => readonly Promise<unknown>[]) => {
    for (let round = 0; running; round++) {
      await Promise.allSettled(requests(round));
      await sleep(10);
    }
  };
  const loops = clients.flatMap(({ vector: api, namespace }, offset) => [
    repeat((round) => [api.search({ namespaces: [nameOf(1)], vector: vectorOf(round), topK: 5 })]),
    repeat((round) => {
      const tenant = (round + offset) % TENANTS;
      const namespaces = [nameOf(tenant)];
      const vector = vectorOf(round);
      return [
        api.search({ namespaces, vector, params: { exact: true } }),
        api.search({ namespaces: [1, 2, 3].map(nameOf), vector }),
        api.search({ allNamespaces: true, vector, topK: 20 }),
        api.get({ records: [{ namespace: nameOf(tenant), key: "key 1" }] }),
        api.list({ namespace: nameOf(tenant), pageSize: 10 }),
        api.count({ namespaces }),
        api.upsert({ records: recordsOf(tenant, round).slice(0, 5) }),
        api.search({ collection: "unknown", namespaces, vector }),
        namespace.listNamespaces({}),
      ];
    }),
  ]);
  return {
    async withPartialAnswers(server) {
      server?.freeze();
      const request = { allNamespaces: true, vector: vectorOf(1), allowPartial: true };
      const partial = async () =>
        (await first?.vector.search(request, { deadlineMs: 1_500 }))?.completeness?.complete === false;
      await waitFor(partial, { what: "a partial answer" }).finally(() => server?.thaw());
    },
    async stop() {
      running = false;
      await Promise.all(loops);
    },
  };
}
