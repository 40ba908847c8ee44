/** The .proto files as grpc-js uses them. */
import { join } from "node:path";
import { loadSync, type PackageDefinition } from "@grpc/proto-loader";
import { packageRoot } from "../../lib/package-root.ts";

const FILES = [
  "orrery/v1/vector_service.proto",
  "orrery/v1/collection_service.proto",
  "orrery/v1/namespace_service.proto",
  "orrery/v1/cluster_service.proto",
  "orrery/v1/operation_service.proto",
  // What a client needs to read the details of an error; no service names them.
  "google/rpc/error_details.proto",
];

/**
 * Reads proto/. Messages have the field names of the proto, 64-bit numbers as decimal strings, enums by name.
 */
export function loadProto(): PackageDefinition {
  return loadSync(FILES, {
    includeDirs: [join(packageRoot(), "proto")],
    keepCase: true,
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  });
}

/** Every method of the five services, as `orrery.v1.Service/Method`. */
export function methodNames(): readonly string[] {
  return Object.entries(loadProto())
    .filter(([name]) => /^orrery\.v1\.\w+Service$/.test(name))
    .flatMap(([service, methods]) => Object.keys(methods).map((method) => `${service}/${method}`));
}
