/** (c), (c') and (f): Orrery over gRPC, by h2load and by its Node client, and a call that does nothing. */
import type { ServiceDefinition } from "@grpc/grpc-js";
import { loadProto } from "../../src/proto/load-proto.ts";
import type { Query } from "../client/job.ts";
import type { Workload } from "../data/dataset.ts";
import type { BenchCollection } from "../setup/collection.ts";
import type { CoordinatorProcess } from "../setup/coordinator.ts";
import { type ClientSystem, clientSystem } from "./client-system.ts";
import { startH2load } from "./h2load.ts";
import { queriesOf, type System } from "./system.ts";

export function orreryByNode(coordinator: CoordinatorProcess, { name }: BenchCollection): ClientSystem {
  return clientSystem({
    id: "c'",
    name: "Orrery, grpc-js client",
    driver: ({ topK }) => ({
      kind: "orrery-search",
      address: coordinator.address,
      collection: name,
      topK,
    }),
  });
}

/** Clients in turn ask one of the coordinators. `efSearch`: of each request; absent, the server's own. */
export function orreryByH2load(
  coordinators: readonly CoordinatorProcess[],
  { name }: BenchCollection,
  efSearch?: number,
): System {
  const bodyOf = searchEncoder(name, efSearch);
  return {
    id: "c",
    name: "Orrery, h2load",
    cannot: () => undefined,
    start: (slice) =>
      startH2load({
        addresses: coordinators.map(({ address }) => address),
        method: "orrery.v1.VectorService/Search",
        bodies: queriesOf(slice).map((query) => bodyOf(query, slice.workload)),
        seconds: slice.seconds,
      }),
    stop: async () => {},
  };
}

export function emptyCall({ address }: CoordinatorProcess): System {
  return {
    id: "f",
    name: "empty gRPC call, h2load",
    cannot: ({ queries }) => (queries[0]?.namespaces.length === 1 ? undefined : "asks nothing"),
    start: ({ clients, seconds }) =>
      startH2load({
        addresses: [address],
        method: "grpc.health.v1.Health/Check",
        bodies: Array.from({ length: clients }, () => new Uint8Array()),
        seconds,
      }),
    stop: async () => {},
  };
}

/** Whether any of them asks a coordinator. */
export function asksOrrery(systems: readonly System[]): boolean {
  return systems.some(({ id }) => id === "c" || id === "c'" || id === "f");
}

/** Encodes as any client would; the vector as f32_le. */
export function searchEncoder(
  collection: string,
  efSearch?: number,
): (query: Query, workload: Pick<Workload, "topK">) => Uint8Array {
  const service = loadProto()["orrery.v1.VectorService"] as ServiceDefinition;
  const encode = (service.Search as ServiceDefinition[string]).requestSerialize;
  return ({ vector, namespaces }, { topK }) =>
    encode({
      collection,
      namespaces,
      allNamespaces: namespaces.length === 0,
      vector: { f32Le: new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength) },
      topK: topK,
      ...(efSearch === undefined ? {} : { params: { efSearch: efSearch } }),
    });
}
