/** Requests over a limit are refused before anything is made of them: what that costs, and what it says. */
import { gzipSync } from "node:zlib";
import { Metadata } from "@grpc/grpc-js";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { boundsOf, itemLimits } from "../../../../src/api/wire/request-bounds.ts";
import { checkRequest, RequestScan } from "../../../../src/api/wire/request-scan.ts";
import { configSchema } from "../../../../src/config/schema.ts";
import { type FieldShape, readDescriptors } from "../../../../src/proto/descriptors.ts";
import { failureOf, type RpcFixture, startRpc } from "../rpc-fixture.ts";

const MILLION = 1_000_000;
const { limits } = configSchema.parse({});
const descriptors = readDescriptors();
const requestOf = (name: string) => boundsOf(name, descriptors, limits);

let rpc: RpcFixture;

beforeAll(async () => {
  rpc = await startRpc();
});
afterAll(() => rpc.stop());
afterEach(() => expect(rpc.called).toEqual([]));

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return Buffer.from([...bytes, rest]);
};
const tag = (number: number, wireType = 2) => varint(number * 8 + wireType);
const inMessage = (number: number, content: Buffer) =>
  Buffer.concat([tag(number), varint(content.length), content]);
const times = (count: number, part: Buffer) => Buffer.alloc(count * part.length, part);

/** The shortest item a field may have. */
function itemOf({ number, type }: FieldShape): Buffer {
  if ("message" in type) return inMessage(number, Buffer.alloc(0));
  switch (type.scalar) {
    case "string":
    case "bytes":
      return inMessage(number, Buffer.alloc(0));
    case "fixed32":
      return Buffer.concat([tag(number, 5), Buffer.alloc(4)]);
    case "fixed64":
      return Buffer.concat([tag(number, 1), Buffer.alloc(8)]);
    default:
      return Buffer.concat([tag(number, 0), Buffer.from([0])]);
  }
}

interface Attack {
  readonly request: string;
  readonly path: string;
  readonly body: Buffer;
  /** What the refusal has to name. */
  readonly field: RegExp;
}

/** Every field of every message a request can hold, a million times. */
function attacks(): readonly Attack[] {
  const found: Attack[] = [];
  for (const [path, request] of descriptors.requests) {
    const visit = (message: string, wrap: (content: Buffer) => Buffer, seen: readonly string[]) => {
      const fields = descriptors.messages.get(message) ?? [];
      const flood = (name: string, body: Buffer, field: RegExp) =>
        found.push({ request: `${request}: ${name}`, path, body: wrap(body), field });
      for (const field of fields) {
        const named = [...seen, field.name].join(".");
        flood(named, times(MILLION, itemOf(field)), nameOf(field, message));
        if (field.repeated && "scalar" in field.type && !["string", "bytes"].includes(field.type.scalar)) {
          flood(
            `${named} packed`,
            inMessage(field.number, Buffer.alloc(8 * MILLION)),
            nameOf(field, message),
          );
        }
        if ("message" in field.type && seen.length < 8) {
          const { message: inner } = field.type;
          if (seen.filter((name) => name === field.name).length > 0) continue;
          visit(inner, (content) => wrap(inMessage(field.number, content)), [...seen, field.name]);
        }
      }
      flood([...seen, "unknown"].join("."), times(MILLION, Buffer.from([0xf8, 0x07, 0x01])), /./);
    };
    visit(request, (content) => content, []);
  }
  return found;
}

/** What is over its limit in a Struct is named as the field that holds it. */
const nameOf = ({ name }: FieldShape, message: string) =>
  message.startsWith("google.protobuf.") && !message.endsWith("Timestamp")
    ? /metadata|fields|value|key/
    : new RegExp(`(^|\\.)${name}`);

/** The least of some tries: in any of them garbage may be collected, also on other threads. */
function leastCostOf(work: () => void): { readonly cpuMs: number; readonly bytes: number } {
  const tries = [costOf(work)];
  const tooMuch = () => Math.min(...tries.map(({ cpuMs }) => cpuMs)) > 5;
  while (tries.length < 5 && tooMuch()) tries.push(costOf(work));
  return {
    cpuMs: Math.min(...tries.map(({ cpuMs }) => cpuMs)),
    bytes: Math.min(...tries.map(({ bytes }) => bytes)),
  };
}

function costOf(work: () => void): { readonly cpuMs: number; readonly bytes: number } {
  const heap = process.memoryUsage();
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  const now = process.memoryUsage();
  return {
    cpuMs: (user + system) / 1000,
    bytes: now.heapUsed - heap.heapUsed + now.arrayBuffers - heap.arrayBuffers,
  };
}

describe("a field that comes a million times", () => {
  const all = attacks();

  it("is tried in every request of every service", () => {
    expect(all.length).toBeGreaterThan(100);
    expect(new Set(all.map(({ path }) => path))).toEqual(new Set(descriptors.requests.keys()));
  });

  it.each(all.map((attack) => [attack.request, attack] as const))(
    "is refused by name, in 5 ms and 1 MB: %s",
    (_, { path, body, field }) => {
      const request = requestOf(descriptors.requests.get(path) ?? "");
      let refusal: unknown;
      const { cpuMs, bytes } = leastCostOf(() => {
        try {
          checkRequest(request, body);
        } catch (error) {
          refusal = error;
        }
      });
      expect(refusal).toMatchObject({ code: "INVALID_REQUEST" });
      const [violation] = (refusal as { details: { fields: { field: string }[] } }).details.fields;
      expect(violation?.field).toMatch(field);
      // Ten times what it takes: other programs share the machine.
      expect(cpuMs).toBeLessThan(50);
      expect(bytes).toBeLessThan(1024 * 1024);
    },
  );
});

describe("over the wire", () => {
  const FLOOD = times(7_864_320, Buffer.from([0x0a, 0x00]));
  const PATHS: readonly (readonly [path: string, body: Buffer, field: string])[] = [
    ["/orrery.v1.VectorService/SearchBatch", FLOOD, "requests"],
    ["/orrery.v1.VectorService/Search", times(7_864_320, Buffer.from([0x12, 0x00])), "namespaces"],
    ["/orrery.v1.VectorService/Upsert", times(7_864_320, Buffer.from([0x12, 0x00])), "records"],
    ["/orrery.v1.VectorService/Get", times(7_864_320, Buffer.from([0x12, 0x00])), "records"],
    ["/orrery.v1.VectorService/Delete", times(7_864_320, Buffer.from([0x12, 0x00])), "records"],
  ];

  it.each(PATHS)(
    "%s refuses a message full of empty items and names the field",
    async (path, body, field) => {
      const client = rpc.connect("VectorService");
      const before = process.memoryUsage().heapUsed;
      const failure = await failureOf(client.send(path, body));
      expect(failure.code).toBe(3);
      expect(failure.details.BadRequest?.fieldViolations[0]?.field).toBe(field);
      expect(process.memoryUsage().heapUsed - before).toBeLessThan(8 * 1024 * 1024);
    },
  );

  it.each(PATHS)("%s refuses the same compressed, before it is inflated whole", async (path, body, field) => {
    const { code, details, growth } = await sendCompressed(path, gzipSync(body));
    expect(code).toBe(3);
    expect(details.BadRequest?.fieldViolations[0]?.field).toBe(field);
    expect(details.RequestInfo?.requestId).toMatch(/./);
    expect(growth).toBeLessThan(4 * 1024 * 1024);
  });

  it("a compressed message over the limit is refused as INVALID_REQUEST", async () => {
    const body = Buffer.concat([tag(100), varint(100_000_000), Buffer.alloc(100_000_000)]);
    const { code, details } = await sendCompressed("/orrery.v1.VectorService/Search", gzipSync(body));
    expect(code).toBe(3);
    expect(details.BadRequest?.fieldViolations[0]?.field).toBe("request");
  });

  it("a message that is not what its encoding says is refused as INVALID_REQUEST", async () => {
    const { code } = await sendCompressed("/orrery.v1.VectorService/Search", Buffer.from("not gzip"));
    expect(code).toBe(3);
  });

  it("a compressed request within the limits is served as any other", async () => {
    // Nothing is set in it, so its method refuses it by its own checks.
    const { code, message } = await sendCompressed(
      "/orrery.v1.VectorService/Search",
      gzipSync(inMessage(1, Buffer.from("memory_entries"))),
    );
    expect(code).toBe(3);
    expect(message).toContain("namespaces: must not be empty");
  });

  /** Sends bytes that are compressed already. grpc-js compresses whole messages only by itself. */
  async function sendCompressed(path: string, compressed: Buffer) {
    const { connect } = await import("node:http2");
    const session = connect(`http://${rpc.server.address}`);
    try {
      const frame = Buffer.alloc(5 + compressed.length);
      frame.writeUInt8(1, 0);
      frame.writeUInt32BE(compressed.length, 1);
      compressed.copy(frame, 5);
      const before = process.memoryUsage();
      const trailers = await new Promise<Record<string, string>>((resolve, reject) => {
        const stream = session.request({
          ":method": "POST",
          ":path": path,
          "content-type": "application/grpc",
          te: "trailers",
          "grpc-encoding": "gzip",
        });
        let headers: object = {};
        stream.on("response", (received) => {
          headers = received;
        });
        stream.on("trailers", (received) => Object.assign(headers, received));
        stream.on("error", reject);
        stream.on("close", () => resolve(headers as Record<string, string>));
        stream.resume();
        stream.end(frame);
      });
      const now = process.memoryUsage();
      const metadata = new Metadata();
      const details = trailers["grpc-status-details-bin"];
      if (details !== undefined) metadata.set("grpc-status-details-bin", Buffer.from(details, "base64"));
      const error = {
        code: Number(trailers["grpc-status"]),
        details: decodeURI(trailers["grpc-message"] ?? ""),
      };
      const failure = await failureOf(Promise.reject(Object.assign(new Error(), error, { metadata })));
      return { ...failure, growth: now.heapUsed + now.external - before.heapUsed - before.external };
    } finally {
      session.close();
    }
  }
});

describe("RequestScan", () => {
  it("has an item limit only for fields that the proto has", () => {
    for (const path of Object.keys(itemLimits(limits))) {
      const at = path.lastIndexOf(".");
      const fields = descriptors.messages.get(path.slice(0, at));
      expect(
        fields?.some(({ name, repeated }) => repeated && name === path.slice(at + 1)),
        path,
      ).toBe(true);
    }
  });

  it("takes exactly as many items as are allowed and refuses one more", () => {
    const search = requestOf("orrery.v1.SearchBatchRequest");
    checkRequest(search, times(100, Buffer.from([0x0a, 0x00])));
    expect(() => checkRequest(search, times(101, Buffer.from([0x0a, 0x00])))).toThrow(
      "requests: at most 100 items are allowed",
    );
  });

  it("names a nested field by its path", () => {
    const tags = times(65, inMessage(5, Buffer.from("t")));
    const body = Buffer.concat([inMessage(2, Buffer.alloc(0)), inMessage(2, tags)]);
    expect(() => checkRequest(requestOf("orrery.v1.UpsertRequest"), body)).toThrow("records[1].tags: ");
  });

  it("says the same of a message however it comes in parts", () => {
    const search = requestOf("orrery.v1.UpsertRequest");
    const record = Buffer.concat([
      inMessage(1, Buffer.from("tenant")),
      inMessage(3, Buffer.from("x".repeat(300))),
      inMessage(6, inMessage(2, inMessage(1, Buffer.alloc(40)))),
      tag(9, 0),
      varint(2 ** 50),
    ]);
    const good = times(3, inMessage(2, record));
    const bad = Buffer.concat([good, inMessage(2, times(65, inMessage(5, Buffer.from("t"))))]);
    for (const size of [1, 2, 3, 7, 64, 1000]) {
      const inParts = (body: Buffer) => {
        const scan = new RequestScan(search);
        for (let at = 0; at < body.length; at += size) scan.push(body.subarray(at, at + size));
        scan.end();
      };
      inParts(good);
      expect(() => inParts(bad)).toThrow("records[3].tags: at most 64 items are allowed");
      expect(() => inParts(good.subarray(0, good.length - 1))).toThrow(RangeError);
    }
  });

  it("refuses what a generated decoder would read otherwise than it is tagged", () => {
    // protobufjs reads field 3 as a number whatever the tag says, and what follows as fields.
    const hidden = times(1000, Buffer.from([0x12, 0x00]));
    const body = Buffer.concat([inMessage(3, hidden)]);
    expect(() => checkRequest(requestOf("orrery.v1.GetRequest"), body)).toThrow("include_value: ");
  });

  it.each([
    ["a number of seven bytes", Buffer.concat([tag(6, 0), Buffer.from([128, 128, 128, 128, 128, 128, 0])])],
    ["nesting that does not end", times(100_000, Buffer.from([0x0b]))],
    ["a field longer than the message", Buffer.from([0x0a, 0x05, 0x41])],
    ["field number 0", Buffer.from([0x02, 0x00])],
  ])("refuses %s", (_, body) => {
    expect(() => checkRequest(requestOf("orrery.v1.SearchRequest"), body)).toThrow();
  });

  it("refuses a Struct that is nested deeper than any decoder goes", () => {
    let value = inMessage(3, Buffer.from("x"));
    for (let level = 0; level < 1000; level += 1) {
      value = inMessage(6, inMessage(1, value));
    }
    const entry = Buffer.concat([inMessage(1, Buffer.from("k")), inMessage(2, value)]);
    const body = inMessage(2, inMessage(4, inMessage(1, entry)));
    expect(() => checkRequest(requestOf("orrery.v1.UpsertRequest"), body)).toThrow("nested too deeply");
  });

  it("refuses huge texts by their length alone", () => {
    const search = requestOf("orrery.v1.SearchRequest");
    const head = Buffer.concat([tag(1), varint(15_000_000)]);
    const scan = new RequestScan(search);
    expect(() => scan.push(head)).toThrow("collection: has 15000000 bytes, at most 65536 are allowed");
  });
});
