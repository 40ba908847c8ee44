import { join } from "node:path";
import fc from "fast-check";
import protobuf from "protobufjs";
import { expect, it } from "vitest";
import { decodeCountRequest, decodeListRequest } from "../../../../src/api/wire/read-requests.ts";
import { decodeSearchRequest } from "../../../../src/api/wire/search-request.ts";
import { packageRoot } from "../../../../src/lib/package-root.ts";

const root = new protobuf.Root();
root.resolvePath = (_, target) => join(packageRoot(), "proto", target);
root.loadSync(["orrery/v1/vector_service.proto"]);

type Plain = Record<string, unknown>;

/** A Filter as protobufjs takes it, and as our decoder gives it. */
interface Pair {
  readonly proto: Plain;
  readonly message: unknown;
}

const text = fc.string({ unit: "binary" });
const time = fc
  .record({ seconds: fc.integer(), nanos: fc.nat(999_999_999) })
  .map(({ seconds, nanos }) => ({ proto: { seconds, nanos }, message: { seconds: BigInt(seconds), nanos } }));
const value = fc.oneof(
  text.map((one): Pair => ({ proto: { stringValue: one }, message: one })),
  fc.double({ noNaN: true }).map((one): Pair => ({ proto: { numberValue: one }, message: one })),
  fc.boolean().map((one): Pair => ({ proto: { boolValue: one }, message: one })),
  fc.array(text, { maxLength: 3 }).map(
    (all): Pair => ({
      proto: { listValue: { values: all.map((one) => ({ stringValue: one })) } },
      message: all,
    }),
  ),
);
const leaf = fc.oneof(
  fc.record({ path: text, op: fc.nat(20), value: fc.option(value, { nil: undefined }) }).map(
    ({ path, op, value: given }): Pair => ({
      proto: { compare: { path, op, ...(given && { value: given.proto }) } },
      message: { kind: "compare", path, op, value: given?.message },
    }),
  ),
  fc
    .record({ any: fc.array(text, { maxLength: 3 }), all: fc.array(text, { maxLength: 3 }) })
    .map((tags): Pair => ({ proto: { tags }, message: { kind: "tags", ...tags } })),
  fc
    .record({
      field: fc.nat(3),
      from: fc.option(time, { nil: undefined }),
      until: fc.option(time, { nil: undefined }),
    })
    .map(
      ({ field, from, until }): Pair => ({
        proto: { time: { field, ...(from && { from: from.proto }), ...(until && { until: until.proto }) } },
        message: { kind: "time", field, from: from?.message, until: until?.message },
      }),
    ),
  text.map(
    (keyPrefix): Pair => ({ proto: { keyPrefix }, message: { kind: "keyPrefix", prefix: keyPrefix } }),
  ),
  fc.constant<Pair>({ proto: {}, message: { kind: "none" } }),
);
const { filter } = fc.letrec<{ filter: Pair }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4 },
    leaf,
    tie("filter").map(
      ({ proto, message }): Pair => ({
        proto: { not: proto },
        message: { kind: "not", filter: message },
      }),
    ),
    fc.tuple(fc.constantFrom("and", "or"), fc.array(tie("filter"), { maxLength: 3 })).map(
      ([kind, all]): Pair => ({
        proto: { [kind]: { filters: all.map(({ proto }) => proto) } },
        message: { kind, filters: all.map(({ message }) => message) },
      }),
    ),
  ),
}));

it.each([
  ["SearchRequest", decodeSearchRequest],
  ["ListRequest", decodeListRequest],
  ["CountRequest", decodeCountRequest],
] as const)("reads the filter of a %s that reflection writes", (name, decode) => {
  const type = root.lookupType(`orrery.v1.${name}`);
  fc.assert(
    fc.property(filter, ({ proto, message }) => {
      const bytes = Buffer.from(type.encode(type.fromObject({ filter: proto })).finish());
      expect(decode(bytes).filter).toEqual(message);
    }),
  );
});

it("refuses a filter that is nested deeper than the stack should go", () => {
  const type = root.lookupType("orrery.v1.SearchRequest");
  let deep: Plain = { keyPrefix: "k" };
  for (let level = 0; level < 70; level += 1) deep = { not: deep };
  const bytes = Buffer.from(type.encode(type.fromObject({ filter: deep })).finish());
  expect(() => decodeSearchRequest(bytes)).toThrow(RangeError);
});

it("reads the other fields of List and Count", () => {
  const list = root.lookupType("orrery.v1.ListRequest");
  const asked = {
    collection: "c",
    namespace: "n",
    pageSize: 7,
    pageToken: "t",
    includeValue: false,
    includeMetadata: true,
    includeVector: true,
  };
  expect(decodeListRequest(Buffer.from(list.encode(list.fromObject(asked)).finish()))).toEqual({
    ...asked,
    filter: undefined,
  });
  const count = root.lookupType("orrery.v1.CountRequest");
  const counted = { collection: "c", namespaces: ["a", "b"], allNamespaces: true };
  expect(decodeCountRequest(Buffer.from(count.encode(count.fromObject(counted)).finish()))).toEqual({
    ...counted,
    filter: undefined,
  });
});
