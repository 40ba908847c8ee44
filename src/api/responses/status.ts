/** The only way an error leaves the service: as a google.rpc.Status, of a call or inside a response. */
import { type FieldViolation, isOrreryError, OrreryError } from "../../errors.ts";
import { badRequest, type EncodableStatus, errorInfo, retryInfo, STATUS_CODES } from "../wire/status.ts";

/** Texts may quote long keys and paths, and some clients take no more than 8 KiB of trailers. */
const MAX_TEXT = 300;
const MAX_FIELDS_TEXT = 3_000;

export const OK_STATUS: EncodableStatus = { code: STATUS_CODES.OK, message: "", details: [] };

/** What the client may know of `error`: an OrreryError as it is, anything else as BUG without its text. */
export function toOrreryError(error: unknown, requestId: string): OrreryError {
  if (isOrreryError(error) && error.code !== "BUG") return error;
  return new OrreryError("BUG", `internal error, see the log of request ${requestId}`, { cause: error });
}

export function toStatus({ code, grpc, message, details }: OrreryError): EncodableStatus {
  const { fields, metadata = {}, retryDelayMs } = details;
  return {
    code: STATUS_CODES[grpc],
    message: clip(message),
    details: [
      errorInfo(code, metadata),
      ...(fields === undefined ? [] : [badRequest(fitting(fields))]),
      ...(retryDelayMs === undefined ? [] : [retryInfo(retryDelayMs)]),
    ],
  };
}

/** As many as fit into the trailers, and at least one. */
function fitting(fields: readonly FieldViolation[]): readonly FieldViolation[] {
  let length = 0;
  const clipped = fields.map((v) => ({ field: clip(v.field), description: clip(v.description) }));
  return clipped.filter(({ field, description }, index) => {
    length += field.length + description.length;
    return index === 0 || length <= MAX_FIELDS_TEXT;
  });
}

/** Also makes the text well-formed: half of a surrogate pair cannot be sent. */
function clip(text: string): string {
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  return Buffer.from(short).toString();
}
