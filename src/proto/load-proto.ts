/** The .proto files as the server and its clients use them. */
import { join } from "node:path";
import { loadSync, type PackageDefinition } from "@grpc/proto-loader";
import { packageRoot } from "../lib/package-root.ts";

const FILES = [
  "orrery/v1/vector_service.proto",
  "orrery/v1/collection_service.proto",
  "orrery/v1/namespace_service.proto",
  "orrery/v1/cluster_service.proto",
  "orrery/v1/operation_service.proto",
  // What a client needs to read the details of an error; no service names them.
  "google/rpc/error_details.proto",
];

export interface LoadProtoOptions {
  /** Decodes what a google.protobuf.Any holds, next to its `@type`. The generated types do not show it. */
  readonly unpackAny?: boolean;
}

/**
 * Reads proto/. Messages have field names in camelCase, 64-bit numbers as decimal strings and enums by name:
 * the types in `generated` are of these options (scripts/write-proto-types.mjs).
 */
export function loadProto({ unpackAny = false }: LoadProtoOptions = {}): PackageDefinition {
  return loadSync(FILES, {
    includeDirs: [join(packageRoot(), "proto")],
    keepCase: false,
    longs: String,
    enums: String,
    defaults: true,
    json: unpackAny,
  });
}

/** Every method of the five services, as `orrery.v1.Service/Method`. */
export function methodNames(): readonly string[] {
  return Object.entries(loadProto())
    .filter(([name]) => /^orrery\.v1\.\w+Service$/.test(name))
    .flatMap(([service, methods]) => Object.keys(methods).map((method) => `${service}/${method}`));
}
