import type { Server, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import { OrreryError } from "../../errors.ts";
import type { Codec, Service } from "../services/method.ts";
import { type Answer, AnswerParts } from "../wire/answer-parts.ts";
import type { BoundedMessage } from "../wire/request-bounds.ts";
import { checkRequest, checkRequestInTurns } from "../wire/request-scan.ts";
import type { ServedMethod } from "./serve-unary.ts";
import type { GrpcEnvironment } from "./start-grpc-call.ts";
import { streamHandler } from "./stream-handler.ts";

/** Where a service is added, and with what its methods run. */
export interface ServiceTarget {
  readonly server: Server;
  /** The unary methods by path, for `serveUnary`; grpc-js only needs to know that they exist. */
  readonly unary: Map<string, ServedMethod>;
  readonly env: GrpcEnvironment;
  /** The request message of each method by its path. */
  readonly requests: ReadonlyMap<string, BoundedMessage>;
}

/**
 * grpc-js passes bytes through both ways: decoding and encoding happen in the handler, where errors get a
 * status. Throws BUG when a method of the proto is missing.
 */
export function addService(
  { server, unary, env, requests }: ServiceTarget,
  name: string,
  { service, definition }: { readonly service: Service; readonly definition: ServiceDefinition },
): void {
  const bytes = (value: Buffer) => value;
  const whole = (answer: Answer) => (answer instanceof AnswerParts ? answer.toBuffer() : answer);
  const methods: Record<string, ServiceDefinition[string]> = {};
  const handlers: UntypedServiceImplementation = {};
  for (const [methodName, methodDefinition] of Object.entries(definition)) {
    const method = service[methodName];
    if (method === undefined) throw new OrreryError("BUG", `${name}/${methodName} is not implemented`);
    const request = requests.get(methodDefinition.path);
    if (request === undefined)
      throw new OrreryError("BUG", `${name}/${methodName} is not in the descriptors`);
    const codec: Codec = {
      ...methodDefinition,
      checkRequest: (bytes) => checkRequest(request, bytes),
      checkRequestInTurns: (bytes, turns) => checkRequestInTurns(request, bytes, turns),
    };
    methods[methodName] = { ...methodDefinition, requestDeserialize: bytes, responseSerialize: whole };
    const path = `${name}/${methodName}`;
    if (method.kind === "stream") {
      handlers[methodName] = streamHandler(path, method.handlerOf(codec), env);
      continue;
    }
    handlers[methodName] = notServedHere;
    unary.set(methodDefinition.path, {
      name: path,
      handle: method.handlerOf(codec),
      mustAnswer: method.changesData,
    });
  }
  server.addService(methods, handlers);
}

/** `serveUnary` answers before grpc-js would call it. */
function notServedHere(): never {
  throw new OrreryError("BUG", "a unary call passed its interceptor");
}
