/** How a command ends: exit codes, and what is said on standard error. */
import type { Writable } from "node:stream";
import { CommanderError } from "commander";
import { CallError, type Failure, type StatusName } from "../client/call-error.ts";
import { type FieldViolation, OrreryError } from "../errors.ts";
import { printable } from "./output.ts";

export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  precondition: 4,
  unavailable: 5,
  interrupted: 130,
} as const;

/** Wrong use of the command line; nothing was done. */
export class UsageError extends Error {}

/** A command that failed, or did only a part; the message says what. */
export class CommandFailed extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number = EXIT.failed) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The exit code for a gRPC status. */
export function exitCodeOf(status: StatusName): number {
  switch (status) {
    case "OK":
      return EXIT.ok;
    case "INVALID_ARGUMENT":
    case "OUT_OF_RANGE":
      return EXIT.usage;
    case "NOT_FOUND":
      return EXIT.notFound;
    case "FAILED_PRECONDITION":
    case "ALREADY_EXISTS":
    case "ABORTED":
      return EXIT.precondition;
    case "UNAVAILABLE":
    case "DEADLINE_EXCEEDED":
    case "RESOURCE_EXHAUSTED":
      return EXIT.unavailable;
    default:
      return EXIT.failed;
  }
}

/** One line: reason (or status), message, fields. */
export function describeFailure({ reason, status, message, fields }: Failure): string {
  // What the message says already; of several fields, whose description may be the same, only the first.
  const said = ({ field, description }: FieldViolation) =>
    message.includes(fields.length > 1 ? `${field}: ${description}` : description);
  const violations = fields.filter((violation) => !said(violation));
  const details = violations.map(({ field, description }) => `\n  ${field}: ${description}`);
  return `${reason ?? status}: ${message}${details.join("")}`;
}

/** Says on standard error why the command failed, and returns its exit code. */
export function reportError(error: unknown, stderr: Writable): number {
  const say = (text: string) => stderr.write(`${text.split("\n").map(printable).join("\n")}\n`);
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage; // it has printed the reason itself
  if (error instanceof CallError) {
    say(`${describeFailure(error.failure)}\n  request id: ${error.requestId}`);
    return exitCodeOf(error.failure.status);
  }
  if (error instanceof OrreryError) {
    say(`${error.code}: ${error.message}`);
    return exitCodeOf(error.grpc);
  }
  say(error instanceof Error ? error.message : String(error));
  if (error instanceof UsageError) return EXIT.usage;
  return error instanceof CommandFailed ? error.exitCode : EXIT.failed;
}
