/**
 * Every error that the service can return: one class, one table. A row says which gRPC status the client sees
 * and whether a retry makes sense. Errors from outside (PostgreSQL, sockets, etcd, protobuf)
 * are converted to these once, at the edge where they enter. Each code is explained in docs/errors.md.
 */

export type GrpcStatusName =
  | "CANCELLED"
  | "UNKNOWN"
  | "INVALID_ARGUMENT"
  | "DEADLINE_EXCEEDED"
  | "NOT_FOUND"
  | "ALREADY_EXISTS"
  | "RESOURCE_EXHAUSTED"
  | "FAILED_PRECONDITION"
  | "ABORTED"
  | "UNIMPLEMENTED"
  | "INTERNAL"
  | "UNAVAILABLE";

/**
 * - `never`: the same attempt fails again.
 * - `reroute`: the shard is somewhere else; read a newer map and ask there.
 * - `next-node`: this node cannot be reached; another one may serve the same data.
 * - `backoff`: nothing was applied; the same attempt may succeed a little later.
 */
export type RetryClass = "never" | "reroute" | "next-node" | "backoff";

interface ErrorSpec {
  readonly grpc: GrpcStatusName;
  readonly retry: RetryClass;
}

export const ERROR_CODES = {
  INVALID_REQUEST: { grpc: "INVALID_ARGUMENT", retry: "never" },
  COLLECTION_NOT_FOUND: { grpc: "NOT_FOUND", retry: "never" },
  RECORD_NOT_FOUND: { grpc: "NOT_FOUND", retry: "never" },
  NAMESPACE_NOT_FOUND: { grpc: "NOT_FOUND", retry: "never" },
  OPERATION_NOT_FOUND: { grpc: "NOT_FOUND", retry: "never" },
  NODE_NOT_FOUND: { grpc: "NOT_FOUND", retry: "never" },
  SHARD_NOT_FOUND: { grpc: "NOT_FOUND", retry: "never" },
  PLAN_NOT_FOUND: { grpc: "NOT_FOUND", retry: "never" },
  COLLECTION_EXISTS: { grpc: "ALREADY_EXISTS", retry: "never" },
  COLLECTION_IN_USE: { grpc: "FAILED_PRECONDITION", retry: "never" },
  RECORD_EXISTS: { grpc: "ALREADY_EXISTS", retry: "never" },
  VERSION_MISMATCH: { grpc: "ABORTED", retry: "never" },
  SHARD_MOVING: { grpc: "UNAVAILABLE", retry: "reroute" },
  NODE_UNAVAILABLE: { grpc: "UNAVAILABLE", retry: "next-node" },
  NODE_MISMATCH: { grpc: "UNAVAILABLE", retry: "next-node" },
  NODE_NOT_MIGRATED: { grpc: "FAILED_PRECONDITION", retry: "never" },
  COORDINATOR_OUTDATED: { grpc: "FAILED_PRECONDITION", retry: "never" },
  NODE_UNFIT: { grpc: "FAILED_PRECONDITION", retry: "never" },
  PLACEMENT_REFUSED: { grpc: "FAILED_PRECONDITION", retry: "never" },
  PLAN_OUTDATED: { grpc: "FAILED_PRECONDITION", retry: "never" },
  OPERATION_UNREADABLE: { grpc: "FAILED_PRECONDITION", retry: "never" },
  OPERATION_STALLED: { grpc: "ABORTED", retry: "never" },
  WRITES_WOULD_WAIT: { grpc: "FAILED_PRECONDITION", retry: "never" },
  OPERATION_CONFLICT: { grpc: "ABORTED", retry: "never" },
  STATEMENT_CONFLICT: { grpc: "ABORTED", retry: "backoff" },
  LOCK_TIMEOUT: { grpc: "ABORTED", retry: "backoff" },
  STATEMENT_FAILED: { grpc: "INTERNAL", retry: "never" },
  WRITE_OUTCOME_UNKNOWN: { grpc: "UNKNOWN", retry: "never" },
  TOO_LARGE: { grpc: "RESOURCE_EXHAUSTED", retry: "never" },
  OVERLOADED: { grpc: "RESOURCE_EXHAUSTED", retry: "backoff" },
  DEADLINE_EXCEEDED: { grpc: "DEADLINE_EXCEEDED", retry: "never" },
  CANCELLED: { grpc: "CANCELLED", retry: "never" },
  SHUTTING_DOWN: { grpc: "UNAVAILABLE", retry: "backoff" },
  MAP_UNAVAILABLE: { grpc: "UNAVAILABLE", retry: "backoff" },
  STORE_UNAVAILABLE: { grpc: "UNAVAILABLE", retry: "backoff" },
  NOT_LEADER: { grpc: "ABORTED", retry: "backoff" },
  UNSUPPORTED: { grpc: "UNIMPLEMENTED", retry: "never" },
  CONFIG_INVALID: { grpc: "FAILED_PRECONDITION", retry: "never" },
  BUG: { grpc: "INTERNAL", retry: "never" },
} as const satisfies Record<string, ErrorSpec>;

export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * One thing wrong with one field of a request; `field` is its path in the proto, as in `records[3].vector`.
 */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

export interface ErrorDetails {
  readonly fields?: readonly FieldViolation[];
  /** Facts for programs, sent as ErrorInfo metadata. Never secrets, never SQL. */
  readonly metadata?: Readonly<Record<string, string>>;
  readonly retryDelayMs?: number;
}

export class OrreryError extends Error {
  readonly code: ErrorCode;
  readonly details: ErrorDetails;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: ErrorDetails } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "OrreryError";
    this.code = code;
    this.details = options.details ?? {};
  }

  get retry(): RetryClass {
    return ERROR_CODES[this.code].retry;
  }

  get grpc(): GrpcStatusName {
    return ERROR_CODES[this.code].grpc;
  }
}

/** Shorthand for the most common refusal: one field of the request is wrong. */
export function invalidField(field: string, description: string): OrreryError {
  return new OrreryError("INVALID_REQUEST", `${field}: ${description}`, {
    details: { fields: [{ field, description }] },
  });
}

/** An answer that would be larger than what is sent; `bytes` as far as they were counted. */
export function answerTooLarge(bytes: number, maxBytes: number): OrreryError {
  return new OrreryError(
    "TOO_LARGE",
    `the answer has ${bytes} bytes or more, at most ${maxBytes} are sent (rpc.maxMessageBytes): ask for less at once, or leave out values, metadata or vectors`,
    { details: { metadata: { setting: "rpc.maxMessageBytes" } } },
  );
}

/** One refusal names no more fields: clients take only so many bytes of trailers. */
const MAX_FIELDS = 16;

/** Gathers what is wrong with a request, so that its refusal names every field and not only the first. */
export class FieldChecks {
  #found: FieldViolation[] | undefined;

  /** Whether nothing was wrong so far. */
  get passed(): boolean {
    return this.#found === undefined;
  }

  /**
   * What `check` returns. When it refuses fields, they are kept for `done`, and what is returned must not be
   * used. Throws at once when that is enough for one refusal.
   */
  of<Args extends readonly unknown[], T>(check: (...args: Args) => T, ...args: Args): T {
    try {
      return check(...args);
    } catch (error) {
      const { fields } = isOrreryError(error, "INVALID_REQUEST") ? error.details : {};
      if (fields === undefined) throw error;
      this.#add(fields);
      return undefined as T;
    }
  }

  /** The same for a check of a message in the field `path`. */
  within<Args extends readonly unknown[], T>(path: string, check: (...args: Args) => T, ...args: Args): T {
    try {
      return check(...args);
    } catch (error) {
      const { fields } = isOrreryError(error, "INVALID_REQUEST") ? error.details : {};
      if (fields === undefined) throw error;
      this.#add(fields.map(({ field, description }) => ({ field: `${path}.${field}`, description })));
      return undefined as T;
    }
  }

  /** Keeps this for `done`. Throws at once when that is enough for one refusal. */
  refuse(field: string, description: string): void {
    this.#add([{ field, description }]);
  }

  /** Throws INVALID_REQUEST with all that was wrong; its message is of the first field. */
  done(): void {
    if (this.#found === undefined) return;
    const [first, ...others] = this.#found.slice(0, MAX_FIELDS) as [FieldViolation, ...FieldViolation[]];
    if (others.length === 0) throw invalidField(first.field, first.description);
    throw new OrreryError(
      "INVALID_REQUEST",
      `${first.field}: ${first.description} (and ${others.length} more)`,
      { details: { fields: [first, ...others] } },
    );
  }

  #add(fields: readonly FieldViolation[]): void {
    this.#found = [...(this.#found ?? []), ...fields];
    if (this.#found.length >= MAX_FIELDS) this.done();
  }
}

export function isOrreryError(error: unknown, ...codes: readonly ErrorCode[]): error is OrreryError {
  return error instanceof OrreryError && (codes.length === 0 || codes.includes(error.code));
}
