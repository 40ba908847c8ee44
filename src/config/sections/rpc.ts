import { z } from "zod";
import { count, hostPort, milliseconds, section } from "../values.ts";

/** The gRPC server. */
export const rpc = section({
  listen: hostPort.default("127.0.0.1:50051").describe("Where gRPC listens."),
  advertise: hostPort
    .optional()
    .describe("Address other coordinators and admins see. Default: the bound address."),
  maxMessageBytes: count
    .max(1 << 30)
    .default(16 * 1024 * 1024)
    .describe("Largest message taken, and largest answer sent."),
  defaultDeadlineMs: milliseconds.default(10_000).describe("Deadline of calls that set none."),
  maxDeadlineMs: milliseconds.default(60_000).describe("Longest deadline granted."),
  maxConnectionAgeMs: milliseconds
    .optional()
    .describe(
      "Age, give or take a tenth, at which a client is asked to connect anew, so that a load balancer can send it to a coordinator that was added; calls under way go on. Unset: never.",
    ),
  drainTimeoutMs: milliseconds.default(20_000).describe("Time that calls under way get at shutdown."),
  promptTrailers: z
    .boolean()
    .default(true)
    .describe(
      "Send the status of an answer with its message, by a private step of Node's HTTP/2. false: a turn of the event loop later, as Node does by itself.",
    ),
  reflection: z.boolean().default(true).describe("Serve gRPC reflection."),
});
