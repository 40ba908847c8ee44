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
  maxConnections: count
    .default(4096)
    .describe("Open connections. One costs about 25 KB while it is idle; further ones are refused."),
  maxConnectionsPerPeer: count
    .default(1024)
    .describe(
      "Open connections of one address (of IPv6: one network of 64 bits). Behind a proxy all clients have its address.",
    ),
  maxStreamsPerConnection: count.default(1000).describe("Calls at once on one connection."),
  maxHeaderBytes: count
    .min(4096)
    .max(65_535)
    .default(16 * 1024)
    .describe("Largest metadata of a call, as HTTP/2 counts it: 32 bytes a header on top."),
  handshakeTimeoutMs: milliseconds
    .default(10_000)
    .describe("Time a new connection has for its HTTP/2 preface and settings."),
  requestTimeoutMs: milliseconds
    .default(30_000)
    .describe(
      "Time a call has to send its request, from its headers on. What comes at `rpc.minBytesPerSecond` or faster has more; what stands still for this long is refused.",
    ),
  answerTimeoutMs: milliseconds
    .default(30_000)
    .describe("The same for reading an answer, whose call is reset."),
  minBytesPerSecond: count
    .default(1024)
    .describe("The slowest a request may come, and an answer be read, for longer than these times."),
  maxIncompleteRequestBytes: count
    .optional()
    .describe(
      "Bytes that all requests not yet complete hold; beyond it, of the address that holds most, those are refused that made the least progress. Each counts at least 16 KiB, as does each stream that lasts. Default: an eighth of the memory of the process, at most 256 MiB, but two messages.",
    ),
  maxUnreadAnswerBytes: count
    .optional()
    .describe(
      "Bytes of all answers that their clients have not read yet; beyond it calls are reset in the same order. Default: as above.",
    ),
  idleTimeoutMs: milliseconds
    .default(60 * 60 * 1000)
    .describe(
      "Time without a call after which a connection is closed; clients open another when they need it. One whose calls never had a complete request is closed after `rpc.requestTimeoutMs`.",
    ),
  keepaliveTimeMs: milliseconds
    .default(60_000)
    .describe("How often a client is asked whether it is still there."),
  keepaliveTimeoutMs: milliseconds
    .default(20_000)
    .describe("Time it has to answer; then its connection is closed."),
  drainTimeoutMs: milliseconds.default(20_000).describe("Time that calls under way get at shutdown."),
  promptTrailers: z
    .boolean()
    .default(true)
    .describe(
      "Send the status of an answer with its message, by a private step of Node's HTTP/2. false: a turn of the event loop later, as Node does by itself.",
    ),
  reflection: z.boolean().default(true).describe("Serve gRPC reflection."),
});
