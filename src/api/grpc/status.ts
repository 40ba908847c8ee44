import { Metadata, type StatusObject } from "@grpc/grpc-js";
import { type EncodableStatus, encodeStatus } from "../wire/status.ts";

/**
 * The status as grpc-js sends it, with the details in the trailer that clients of every language look for.
 */
export function toStatusObject(status: EncodableStatus): StatusObject {
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(encodeStatus(status)));
  return { code: status.code, details: status.message, metadata };
}

/** Of a status without details; grpc-js takes null, which its types do not say. */
export const NO_METADATA = null as unknown as Metadata;
