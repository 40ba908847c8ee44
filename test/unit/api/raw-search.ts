/**
 * A search by a client that sends a deadline and keeps none itself, so what it gets is the server's answer
 * however late that is read.
 */
import { once } from "node:events";
import type { ClientHttp2Session } from "node:http2";
import { decode, proto, readStatus, type StatusDetails } from "./rpc-fixture.ts";

export interface RawAnswer {
  /** gRPC's number. */
  readonly status: number;
  readonly message: string;
  readonly details: StatusDetails;
  // biome-ignore lint/suspicious/noExplicitAny: messages have the shape of the proto
  readonly response: any;
}

/** `timeout`: of the header `grpc-timeout`, as in `50m` for 50 ms. */
export async function searchRaw(session: ClientHttp2Session, timeout: string): Promise<RawAnswer> {
  const { Search } = proto["orrery.v1.VectorService"] as unknown as {
    readonly Search: { requestSerialize(request: object): Buffer };
  };
  const request = Search.requestSerialize({ namespaces: ["a"], record: { namespace: "a", key: "k" } });
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(request.length, 1);
  const stream = session.request({
    ":method": "POST",
    ":path": "/orrery.v1.VectorService/Search",
    "content-type": "application/grpc",
    te: "trailers",
    "grpc-timeout": timeout,
  });
  let trailers: Record<string, unknown> = {};
  for (const event of ["response", "trailers"]) {
    stream.on(event, (headers) => {
      trailers = { ...trailers, ...headers };
    });
  }
  const received: Buffer[] = [];
  stream.on("data", (bytes: Buffer) => received.push(bytes));
  stream.end(Buffer.concat([prefix, request]));
  await once(stream, "close");
  const body = Buffer.concat(received);
  const details = trailers["grpc-status-details-bin"];
  return {
    status: Number(trailers["grpc-status"]),
    message: decodeURIComponent(String(trailers["grpc-message"])),
    details: details === undefined ? {} : readStatus(Buffer.from(String(details), "base64")).details,
    response: body.length === 0 ? undefined : decode("orrery.v1.SearchResponse", body.subarray(5)),
  };
}
