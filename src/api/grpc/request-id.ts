/** The id of a call: the client's own or one of ours, sent back with every answer. */
import { sensitiveHeaders } from "node:http2";
import { Metadata } from "@grpc/grpc-js";

const REQUEST_ID = "x-request-id";

/** The client's own id when it is fit for logs and headers: 1 to 128 printable ASCII characters. */
export function requestIdOf(metadata: Metadata): string | undefined {
  const [value] = metadata.get(REQUEST_ID);
  return typeof value === "string" && /^[\x20-\x7e]{1,128}$/.test(value) ? value : undefined;
}

/**
 * The initial metadata of an answer. Every id is another one, so each would enter HTTP/2's table of
 * compressed headers, push something out of it, and make each search of the table longer; such headers are
 * sent as they are.
 */
export class RequestIdMetadata extends Metadata {
  readonly #id: string;

  constructor(id: string) {
    super();
    this.#id = id;
    this.set(REQUEST_ID, id);
  }

  override toHttp2Headers() {
    return { [REQUEST_ID]: this.#id, [sensitiveHeaders]: [REQUEST_ID] };
  }
}
