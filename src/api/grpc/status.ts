/**
 * The only way an error leaves the service: as a gRPC status, or as a google.rpc.Status inside a response.
 */
import { Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { isOrreryError, OrreryError } from "../../errors.ts";
import { badRequest, encodeStatus, errorInfo, retryInfo, type StatusMessage } from "../wire/status.ts";

/** Texts may quote long keys and paths, and some clients take no more than 8 KiB of trailers. */
const MAX_TEXT = 300;

export const OK_STATUS: StatusMessage = { code: status.OK, message: "", details: [] };

/** What the client may know of `error`: an OrreryError as it is, anything else as BUG without its text. */
export function toOrreryError(error: unknown, requestId: string): OrreryError {
  if (isOrreryError(error) && error.code !== "BUG") return error;
  return new OrreryError("BUG", `internal error, see the log of request ${requestId}`, { cause: error });
}

export function toStatus({ code, grpc, message, details }: OrreryError): StatusMessage {
  const { fields, metadata = {}, retryDelayMs } = details;
  return {
    code: status[grpc],
    message: clip(message),
    details: [
      errorInfo(code, metadata),
      ...(fields === undefined
        ? []
        : [badRequest(fields.map((v) => ({ field: clip(v.field), description: clip(v.description) })))]),
      ...(retryDelayMs === undefined ? [] : [retryInfo(retryDelayMs)]),
    ],
  };
}

/**
 * The status as grpc-js sends it, with the details in the trailer that clients of every language look for.
 */
export function toStatusObject(message: StatusMessage): StatusObject {
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(encodeStatus(message)));
  return { code: message.code, details: message.message, metadata };
}

/** Also makes the text well-formed: grpc-js cannot send half of a surrogate pair. */
function clip(text: string): string {
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  return Buffer.from(short).toString();
}
