/**
 * A gRPC server on a free port that answers with what a test gives it: the wire is real, the service is not
 * there.
 */
import { join } from "node:path";
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from "@grpc/grpc-js";
import { loadSync, type MessageTypeDefinition, type ServiceDefinition } from "@grpc/proto-loader";
import { packageRoot } from "../../../src/lib/package-root.ts";

const definition = loadSync(
  [
    ...["vector", "collection", "namespace", "cluster", "operation"].map(
      (name) => `orrery/v1/${name}_service.proto`,
    ),
    "google/rpc/error_details.proto",
  ],
  { includeDirs: [join(packageRoot(), "proto")], longs: String, enums: String, defaults: true, json: true },
);

export interface Refusal {
  readonly code: keyof typeof status;
  readonly message: string;
  readonly details?: readonly object[];
}

export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.refusal = refusal;
  }
}

/** Answers by method name; a stream's answer is an array. Throwing Refused fails the call. */
export type Answers = Readonly<Record<string, Answer>>;
type Answer = (request: never, requestId: string) => unknown;

export const info = (reason: string) => ({
  "@type": "type.googleapis.com/google.rpc.ErrorInfo",
  reason,
  domain: "orrery",
});

/** The status of one record of a write. */
export const recordStatus = (code: keyof typeof status, message: string, ...details: object[]) => ({
  code: status[code],
  message,
  details,
});

export async function serveAnswers(answers: Answers): Promise<{ address: string; close(): void }> {
  const server = new Server();
  for (const service of ["Vector", "Collection", "Namespace", "Cluster", "Operation"]) {
    const methods = definition[`orrery.v1.${service}Service`] as ServiceDefinition;
    const handlers = Object.entries(methods).map(([name, { responseStream }]) => [
      name,
      responseStream ? streamHandler(answers[name]) : unaryHandler(answers[name]),
    ]);
    server.addService(methods, Object.fromEntries(handlers));
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}

function unaryHandler(answer: Answer | undefined) {
  return (call: ServerUnaryCall<never, unknown>, done: sendUnaryData<unknown>) => {
    const reply = replyTo(call, answer);
    done(reply.error, reply.value);
  };
}

function streamHandler(answer: Answer | undefined) {
  return (call: ServerWritableStream<never, unknown>) => {
    const reply = replyTo(call, answer);
    if (reply.error !== null) call.emit("error", reply.error);
    else {
      for (const part of reply.value as readonly unknown[]) call.write(part);
      call.end();
    }
  };
}

function replyTo(
  call: ServerUnaryCall<never, unknown> | ServerWritableStream<never, unknown>,
  answer: Answer = refuse,
) {
  try {
    return { error: null, value: answer(call.request, String(call.metadata.get("x-request-id")[0])) };
  } catch (thrown) {
    if (!(thrown instanceof Refused)) throw thrown;
    const { code, message, details = [] } = thrown.refusal;
    const statusType = definition["google.rpc.Status"] as MessageTypeDefinition<object, object>;
    const metadata = new Metadata();
    metadata.set("grpc-status-details-bin", statusType.serialize({ code: status[code], message, details }));
    return { error: { code: status[code], details: message, metadata } };
  }
}

function refuse(): never {
  throw new Refused({ code: "UNIMPLEMENTED", message: "the test gave no answer for this method" });
}
