/** What the server says of a failed call, or of one record of a write. */
import { type ServiceError, status as statusNumbers } from "@grpc/grpc-js";
import type { MessageTypeDefinition, PackageDefinition } from "@grpc/proto-loader";
import type { FieldViolation } from "../errors.ts";
import type { DurationMessage } from "../proto/generated/google/protobuf/Duration.ts";
import type { StatusInit, StatusMessage } from "../proto/generated/google/rpc/Status.ts";

export type StatusName = keyof typeof statusNumbers;

export interface Failure {
  readonly status: StatusName;
  readonly message: string;
  /** A code of docs/errors.md; absent when the failure did not come from Orrery. */
  readonly reason?: string;
  readonly fields: readonly FieldViolation[];
  readonly retryDelayMs?: number;
}

/**
 * A call that failed. The request id is the one the server logged: as it says itself, else the one that was
 * sent.
 */
export class CallError extends Error {
  readonly failure: Failure;
  readonly requestId: string;

  constructor(failure: Failure, requestId: string, cause: unknown) {
    super(failure.message, { cause });
    this.name = "CallError";
    this.failure = failure;
    this.requestId = requestId;
  }
}

/** What may be in google.rpc's ErrorInfo, BadRequest, RetryInfo and RequestInfo. */
interface StatusDetail {
  readonly reason?: string;
  readonly fieldViolations?: readonly FieldViolation[];
  readonly retryDelay?: DurationMessage;
  readonly requestId?: string;
}

/** The client unpacks them (see LoadProtoOptions), which their type does not show. */
function detailsOf({ details }: StatusMessage): readonly StatusDetail[] {
  return details as readonly object[];
}

/** undefined for a status that says OK. */
export function toFailure(status: StatusMessage | null): Failure | undefined {
  if (status === null || status.code === 0) return undefined;
  const details = detailsOf(status);
  const retryDelay = details.find((detail) => detail.retryDelay)?.retryDelay;
  return {
    status: (statusNumbers[status.code] ?? "UNKNOWN") as StatusName,
    message: status.message,
    reason: details.find((detail) => detail.reason)?.reason,
    fields: details.flatMap((detail) => detail.fieldViolations ?? []),
    retryDelayMs: retryDelay && Number(retryDelay.seconds) * 1000 + retryDelay.nanos / 1e6,
  };
}

/** gRPC ends the reason why it has no connection so, mostly with nothing behind it. */
const EMPTY_NOTE = /\.?\s*Resolution note:\s*$/;

/**
 * Decodes the details that travel beside a gRPC error. `definition` must hold google.rpc.Status and what is
 * in it.
 */
export function createCallErrors(
  definition: PackageDefinition,
): (error: ServiceError, requestId: string) => CallError {
  const statusType = definition["google.rpc.Status"] as MessageTypeDefinition<StatusInit, StatusMessage>;
  return (error, requestId) => {
    const [encoded] = error.metadata?.get("grpc-status-details-bin") ?? [];
    const details = Buffer.isBuffer(encoded) ? statusType.deserialize(encoded).details : [];
    const status = {
      code: error.code ?? statusNumbers.UNKNOWN,
      message: (error.details ?? error.message).replace(EMPTY_NOTE, ""),
      details,
    };
    const logged = detailsOf(status).find((detail) => detail.requestId)?.requestId;
    return new CallError(toFailure(status) as Failure, logged ?? requestId, error);
  };
}
