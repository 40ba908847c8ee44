import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lossyNumbers } from "../../../src/cli/lossy-number.ts";
import { parseRecord } from "../../../src/cli/record-json.ts";
import {
  fromStruct,
  fromTimestamp,
  fromVector,
  toStruct,
  toTimestamp,
  toVector,
} from "../../../src/cli/values.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import { info, recordStatus } from "./answering-server.ts";
import { runCli } from "./run-cli.ts";

const STORED = {
  namespace: "ns",
  key: "k",
  value: "v",
  metadata: toStruct({ n: 1 }),
  tags: ["a", "b"],
  createdAt: { seconds: 1_700_000_000, nanos: 123_456_000 },
  updatedAt: { seconds: 1_700_000_001, nanos: 0 },
  version: "1700000000123456",
};

describe("get", () => {
  it("get shows records", async () => {
    const { code, stdout } = await runCli(["get", "ns", "k", "-o", "json"], {
      answers: { Get: () => ({ records: [STORED] }) },
    });
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      {
        namespace: "ns",
        key: "k",
        value: "v",
        metadata: { n: 1 },
        tags: ["a", "b"],
        createdAt: "2023-11-14T22:13:20.123456Z",
        updatedAt: "2023-11-14T22:13:21.000000Z",
        version: "1700000000123456",
      },
    ]);
  });

  it("get shows what is there and ends with 3 when a record is missing", async () => {
    const { code, stdout, stderr } = await runCli(["get", "ns", "k", "gone"], {
      answers: { Get: () => ({ records: [STORED] }) },
    });
    expect(code).toBe(3);
    expect(stdout).toContain("1700000000123456");
    expect(stderr).toBe("not found: gone\n");
  });
});

describe("upsert", () => {
  const RECORD =
    '{"namespace":"ns","key":"k","value":"v","metadata":{"n":1.5},"tags":["t"],"vector":[1,0.5]}';

  it.each([
    ["an argument", [RECORD], ""],
    ["standard input", [], RECORD],
  ])("upsert takes the record from %s", async (_, args, stdin) => {
    const seen: { records: { metadata: object }[] }[] = [];
    const { code } = await runCli(["upsert", ...args, "--mode", "if-version"], {
      stdin,
      answers: {
        Upsert: (request: (typeof seen)[0]) => {
          seen.push(request);
          return { results: [{ namespace: "ns", key: "k", version: 5 }] };
        },
      },
    });
    expect(code).toBe(0);
    expect(seen[0]).toMatchObject({
      mode: "WRITE_MODE_IF_VERSION",
      records: [{ namespace: "ns", key: "k", value: "v", tags: ["t"], metadata: toStruct({ n: 1.5 }) }],
    });
  });

  it("a record that is refused ends with the code of its status", async () => {
    const status = recordStatus("ALREADY_EXISTS", "it is there", info("RECORD_EXISTS"));
    const { code, stdout, stderr } = await runCli(["upsert", RECORD], {
      answers: { Upsert: () => ({ results: [{ namespace: "ns", key: "k", status }] }) },
    });
    expect(code).toBe(4);
    expect(stdout).toContain("RECORD_EXISTS: it is there");
    expect(stderr).toBe("1 of 1 records failed\n");
  });

  it.each([
    ["no JSON", "{", /JSON/],
    ["no object", "[]", /must be a JSON object/],
    [
      "an unknown field",
      '{"namespace":"n","key":"k","vectr":[]}',
      /vectr: unknown field; did you mean vector\?/,
    ],
    ["no key", '{"namespace":"n"}', /key: must be a string/],
    ["a vector of text", '{"namespace":"n","key":"k","vector":["1"]}', /vector: must be a list of numbers/],
    [
      "a time that is none",
      '{"namespace":"n","key":"k","createdAt":"yesterday"}',
      /createdAt: must be a time/,
    ],
    [
      "a number too long",
      '{"namespace":"n","key":"k","metadata":{"id":[12345678901234567890]}}',
      /metadata\.id\[0\]/,
    ],
  ])("upsert refuses %s before anything is sent", async (_, record, message) => {
    const { code, stderr } = await runCli(["upsert", record]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it("a vector may have long numbers, which become float32 anyway", () => {
    const record = parseRecord('{"namespace":"n","key":"k","vector":[0.12345678901234567890]}');
    expect(record.vector).toEqual(toVector([0.12345678901234568]));
  });
});

describe("delete", () => {
  const answers = { Delete: () => ({ results: [{ namespace: "ns", key: "k", version: 5 }] }) };

  it("delete wants --yes where there is no terminal to ask on", async () => {
    const { code, stderr } = await runCli(["delete", "ns", "k"], { answers });
    expect(code).toBe(2);
    expect(stderr).toContain("add --yes");
  });

  it("delete with --yes deletes, and ends with 3 when the record was not there", async () => {
    expect((await runCli(["delete", "ns", "k", "--yes"], { answers })).code).toBe(0);
    const status = recordStatus("NOT_FOUND", "no such record", info("RECORD_NOT_FOUND"));
    const missing = { Delete: () => ({ results: [{ namespace: "ns", key: "k", status }] }) };
    expect((await runCli(["delete", "ns", "k", "--yes"], { answers: missing })).code).toBe(3);
  });
});

describe("numbers that a double does not hold", () => {
  it.each(["0", "-0.0", "1.50e1", "0.1", "1e308", "9007199254740992", "123456789012345680000", "5e-324"])(
    "a double holds %s",
    (number) => expect(lossyNumbers(`[${number}]`)).toEqual([]),
  );
  it.each(["9007199254740993", "0.12345678901234567890", "1e400", "1e-400", "12345678901234567890"])(
    "a double does not hold %s",
    (number) => expect(lossyNumbers(`[${number}]`)).toEqual(["[0]"]),
  );

  it("lossy numbers are found by path, never inside text", () => {
    const json = '{"a":{"b\\"":[1,{"c":1e999}]},"d":"1e999","e":[],"f":1e999}';
    expect(lossyNumbers(json)).toEqual(['a.b"[1].c', "f"]);
  });

  it("no lossy number is found in what JavaScript wrote", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(lossyNumbers(JSON.stringify(value))).toEqual([]);
      }),
    );
  });
});

describe("values", () => {
  it("JSON objects survive the way through a Struct", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ noUnicodeString: false })), (object) => {
        expect(fromStruct(toStruct(object as JsonObject))).toEqual(object);
      }),
    );
  });

  it("float32 numbers survive the way through their shortest decimals", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.float({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
        ),
        (numbers) => {
          const vector = toVector(numbers) as { f32Le: Buffer };
          expect(toVector(fromVector(vector))).toEqual(vector);
        },
      ),
    );
    expect(fromVector(toVector([0.1, 1e-7, 16777216]) as { f32Le: Buffer })).toEqual([0.1, 1e-7, 16777216]);
  });

  it.each([
    ["2026-01-31T12:00:00.123456Z", "2026-01-31T12:00:00.123456Z"],
    ["2026-01-31T12:00:00+02:00", "2026-01-31T10:00:00.000000Z"],
    ["1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500000Z"],
  ])("the time %s is shown as %s", (text, utc) => {
    const time = toTimestamp(text);
    expect(time && fromTimestamp(time)).toBe(utc);
  });

  it.each(["2026-01-31", "2026-13-31T12:00:00Z", "now"])("%s is no time", (text) => {
    expect(toTimestamp(text)).toBeUndefined();
  });
});
