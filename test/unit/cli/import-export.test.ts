import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { fromStruct, toStruct, toVector } from "../../../src/cli/values.ts";
import { info, Refused, recordStatus } from "./answering-server.ts";
import { runCli } from "./run-cli.ts";

type Upsert = { records: { key: string }[]; collection: string };

const line = (key: string) => `{"namespace":"ns","key":"${key}","vector":[1]}\n`;
const allApplied = ({ records }: Upsert) => ({
  results: records.map(({ key }) => ({ namespace: "ns", key, version: 1 })),
});
const delay = {
  "@type": "type.googleapis.com/google.rpc.RetryInfo",
  retryDelay: { seconds: 0, nanos: 1_000_000 },
};

it("import writes lines in batches and skips blank ones", async () => {
  const batches: string[][] = [];
  const { code, stdout, stderr } = await runCli(
    ["import", "--batch-size", "2", "-c", "words", "-o", "json"],
    {
      stdin: `${line("a")}\n${line("b")}${line("c")}`,
      answers: {
        Upsert: (request: Upsert) => {
          expect(request.collection).toBe("words");
          batches.push(request.records.map(({ key }) => key));
          return allApplied(request);
        },
      },
    },
  );
  expect(batches).toEqual([["a", "b"], ["c"]]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ written: 3, refused: 0 });
  expect(stderr).toBe("");
});

it("import writes the later line later when a key is given twice", async () => {
  const batches: string[][] = [];
  await runCli(["import"], {
    stdin: line("a") + line("b") + line("a"),
    answers: {
      Upsert: (request: Upsert) => {
        batches.push(request.records.map(({ key }) => key));
        return allApplied(request);
      },
    },
  });
  expect(batches).toEqual([["a", "b"], ["a"]]);
});

it("import sends only what fails for a passing reason again", async () => {
  const batches: string[][] = [];
  const { code, stdout } = await runCli(["import", "-o", "json"], {
    stdin: line("a") + line("b"),
    answers: {
      Upsert: (request: Upsert) => {
        batches.push(request.records.map(({ key }) => key));
        if (batches.length === 1) {
          throw new Refused({
            code: "RESOURCE_EXHAUSTED",
            message: "busy",
            details: [info("OVERLOADED"), delay],
          });
        }
        if (batches.length === 2) {
          const status = recordStatus("UNKNOWN", "it broke", info("WRITE_OUTCOME_UNKNOWN"), delay);
          return {
            results: [
              { key: "a", version: 1 },
              { key: "b", status },
            ],
          };
        }
        return allApplied(request);
      },
    },
  });
  expect(batches).toEqual([["a", "b"], ["a", "b"], ["b"]]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ written: 2, refused: 0 });
});

it("import names the line of a refused record, and writes the others", async () => {
  const { code, stdout, stderr } = await runCli(["import", "-o", "json"], {
    stdin: `\n${line("a")}${line("b")}`,
    answers: {
      Upsert: () => {
        const status = recordStatus("FAILED_PRECONDITION", "not now", info("NODE_NOT_MIGRATED"));
        return {
          results: [
            { key: "a", version: 1 },
            { key: "b", status },
          ],
        };
      },
    },
  });
  expect(code).toBe(4);
  expect(JSON.parse(stdout)).toEqual({ written: 1, refused: 1 });
  expect(stderr).toContain("line 3: NODE_NOT_MIGRATED: not now\n");
});

it("import names the line of the field when a batch is refused", async () => {
  const { code, stderr } = await runCli(["import"], {
    stdin: `${line("a")}\n${line("b")}`,
    answers: {
      Upsert: () => {
        throw new Refused({
          code: "INVALID_ARGUMENT",
          message: "records[1].vector: must have 3 numbers",
          details: [
            info("INVALID_REQUEST"),
            {
              "@type": "type.googleapis.com/google.rpc.BadRequest",
              fieldViolations: [{ field: "records[1].vector", description: "must have 3 numbers" }],
            },
          ],
        });
      },
    },
  });
  expect(code).toBe(2);
  expect(stderr).toContain(
    "INVALID_REQUEST: lines 1 to 3 were refused\n  line 3: vector: must have 3 numbers\n",
  );
});

it("import stops at a line that cannot be read and says how far it came", async () => {
  const { code, stdout, stderr } = await runCli(["import", "--batch-size", "1", "-o", "json"], {
    stdin: `${line("a")}${line("b")}{"namespace":"ns","key":"c","metadata":{"id":1e999}}\n${line("d")}`,
    answers: { Upsert: allApplied },
  });
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toEqual({ written: 2, refused: 0 });
  expect(stderr).toContain("line 3: metadata.id: this number does not fit a double");
});

it("import of a missing file is an error, and progress shows on a terminal only", async () => {
  const folder = mkdtempSync(join(tmpdir(), "orrery-import-"));
  try {
    const path = join(folder, "records.ndjson");
    expect((await runCli(["import", path])).code).toBe(1);
    writeFileSync(path, line("a"));
    const { code, stderr } = await runCli(["import", path], {
      answers: { Upsert: allApplied },
      terminal: true,
    });
    expect(code).toBe(0);
    expect(stderr).toContain("1 records");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it("export pages through namespaces and their records, and import reads what it prints", async () => {
  const record = (namespace: string, key: string) => ({
    namespace,
    key,
    value: "v",
    vector: toVector([0.1, 0.2]),
    createdAt: { seconds: 1, nanos: 0 },
    updatedAt: { seconds: 2, nanos: 0 },
    version: 3,
  });
  const exported = await runCli(["export", "--all"], {
    answers: {
      ListNamespaces: ({ pageToken }: { pageToken: string }) =>
        pageToken === ""
          ? { namespaces: [{ name: "a" }], nextPageToken: "2" }
          : { namespaces: [{ name: "b" }] },
      List: ({ namespace, pageToken }: { namespace: string; pageToken: string }) =>
        pageToken === ""
          ? { records: [record(namespace, "1")], nextPageToken: "next" }
          : { records: [record(namespace, "2")] },
    },
  });
  expect(exported.code).toBe(0);
  const lines = exported.stdout
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text));
  expect(lines.map(({ namespace, key }) => namespace + key)).toEqual(["a1", "a2", "b1", "b2"]);
  expect(lines[0]).toEqual({
    namespace: "a",
    key: "1",
    value: "v",
    tags: [],
    vector: [0.1, 0.2],
    createdAt: "1970-01-01T00:00:01.000000Z",
  });
  const imported = await runCli(["import"], { stdin: exported.stdout, answers: { Upsert: allApplied } });
  expect(imported.code).toBe(0);
});

it("export asks for fewer records while the answer is too large to be sent", async () => {
  const sizes: number[] = [];
  const { code } = await runCli(["export", "-n", "a"], {
    answers: {
      List: ({ pageSize }: { pageSize: number }) => {
        sizes.push(pageSize);
        if (pageSize > 64) {
          throw new Refused({
            code: "RESOURCE_EXHAUSTED",
            message: "too large",
            details: [info("TOO_LARGE")],
          });
        }
        return { records: [] };
      },
    },
  });
  expect(code).toBe(0);
  expect(sizes).toEqual([256, 128, 64]);
});

it("export asks again while the server has no memory for the answer", async () => {
  let refusals = 0;
  const { code } = await runCli(["export", "-n", "a"], {
    answers: {
      List: () => {
        refusals += 1;
        if (refusals > 2) return { records: [] };
        throw new Refused({
          code: "RESOURCE_EXHAUSTED",
          message: "no memory",
          details: [info("OVERLOADED"), delay],
        });
      },
    },
  });
  expect(code).toBe(0);
  expect(refusals).toBe(3);
});

it("import sends fewer records at once while they are too large together", async () => {
  const sizes: number[] = [];
  const line = (key: number) => JSON.stringify({ namespace: "n", key: String(key), vector: [1] });
  const { code } = await runCli(["import"], {
    stdin: Array.from({ length: 8 }, (_, key) => line(key)).join("\n"),
    answers: {
      Upsert: (request: Upsert) => {
        sizes.push(request.records.length);
        if (request.records.length <= 2) return allApplied(request);
        throw new Refused({
          code: "RESOURCE_EXHAUSTED",
          message: "too large",
          details: [info("TOO_LARGE")],
        });
      },
    },
  });
  expect(code).toBe(0);
  expect(sizes).toEqual([8, 4, 2, 2, 4, 2, 2]);
});

it("what export prints, import reads back as it was, whatever the text", async () => {
  const texts = [
    "a\u2028b\u2029c\u0085d",
    "lone\rcarriage return, \r\n and \n",
    "tab\t, \u0001\u001e\u001f\u007f\u009f",
    "astral 𝄞 🜁, marks \uFEFF, e\u0301",
    '"quoted" \\ \\u2028',
    "",
  ];
  const stored = texts.map((text, index) => ({
    namespace: "n",
    key: `k${index}`,
    value: text,
    metadata: toStruct({ [text || "empty"]: [text] }),
    tags: text === "" ? [] : [text],
    vector: toVector([1]),
    version: 1,
  }));
  const exported = await runCli(["export", "-n", "n"], { answers: { List: () => ({ records: stored }) } });
  expect(exported.code).toBe(0);
  const written: (typeof stored)[number][] = [];
  const imported = await runCli(["import", "-o", "json"], {
    stdin: exported.stdout,
    answers: {
      Upsert: (request: Upsert & { records: typeof stored }) => {
        written.push(...request.records);
        return allApplied(request);
      },
    },
  });
  expect(imported).toMatchObject({ code: 0, stderr: "" });
  const shown = ({ key, value, tags, metadata }: (typeof stored)[number]) => ({
    key,
    value,
    tags,
    metadata: fromStruct(metadata as never),
  });
  expect(written.map(shown)).toEqual(stored.map(shown));
});

it("import names the line that is not UTF-8 instead of writing replacement characters", async () => {
  const keys: string[] = [];
  const { code, stdout, stderr } = await runCli(["import", "--batch-size", "1", "-o", "json"], {
    stdin: Buffer.concat([Buffer.from(line("fine")), Buffer.from(line("grün"), "latin1")]),
    answers: {
      Upsert: (request: Upsert) => {
        keys.push(...request.records.map(({ key }) => key));
        return allApplied(request);
      },
    },
  });
  expect(keys).toEqual(["fine"]);
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toEqual({ written: 1, refused: 0 });
  expect(stderr).toBe("line 2: is not UTF-8\n");
});

it("a carriage return inside a line of JSON is space, not the end of the line", async () => {
  const stdin = `${line("a").replaceAll(",", ",\r")}${line("b")}`.replaceAll("\n", "\r\n");
  const { code, stdout } = await runCli(["import", "-o", "json"], { stdin, answers: { Upsert: allApplied } });
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ written: 2, refused: 0 });
});

it("import and upsert skip a byte order mark at the start", async () => {
  const stdin = Buffer.from(`\uFEFF${line("a")}`);
  const answers = { Upsert: allApplied };
  expect(await runCli(["import"], { stdin, answers })).toMatchObject({ code: 0, stderr: "" });
  expect(await runCli(["upsert"], { stdin, answers })).toMatchObject({ code: 0, stderr: "" });
});

it("upsert refuses a record on standard input that is not UTF-8", async () => {
  const stdin = Buffer.from(line("grün"), "latin1");
  const { code, stderr } = await runCli(["upsert"], { stdin, answers: { Upsert: allApplied } });
  expect(code).toBe(2);
  expect(stderr).toBe("standard input is not UTF-8\n");
});

it("import names the field whose text is half of a surrogate pair", async () => {
  const text = String.raw`{"namespace":"ns","key":"a","vector":[1],"metadata":{"list":["\ud83d"]}}`;
  const { code, stderr } = await runCli(["import"], { stdin: text, answers: { Upsert: allApplied } });
  expect(code).toBe(2);
  expect(stderr).toContain("line 1: metadata.list.0: has half of a surrogate pair");
  const whole = String.raw`{"namespace":"ns","key":"a","vector":[1],"value":"\ud83d\ude00"}`;
  expect((await runCli(["import"], { stdin: whole, answers: { Upsert: allApplied } })).code).toBe(0);
});

it("import makes batches smaller when the server takes fewer records in one call", async () => {
  const batches: string[][] = [];
  const { code, stdout } = await runCli(["import", "--batch-size", "5", "-o", "json"], {
    stdin: ["a", "b", "c", "d", "e", "f", "g"].map(line).join(""),
    answers: {
      Upsert: (request: Upsert) => {
        if (request.records.length > 3) {
          throw new Refused({
            code: "INVALID_ARGUMENT",
            message: "records: must be 1 to 3",
            details: [
              info("INVALID_REQUEST"),
              {
                "@type": "type.googleapis.com/google.rpc.BadRequest",
                fieldViolations: [{ field: "records", description: "must be 1 to 3" }],
              },
            ],
          });
        }
        batches.push(request.records.map(({ key }) => key));
        return allApplied(request);
      },
    },
  });
  expect(batches).toEqual([
    ["a", "b", "c"],
    ["d", "e"],
    ["f", "g"],
  ]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({ written: 7, refused: 0 });
});

it("export leaves out an absent value and absent metadata, and import leaves them absent", async () => {
  const bare = { namespace: "n", key: "bare", vector: toVector([1]) };
  const empty = { namespace: "n", key: "empty", value: "", metadata: toStruct({}), vector: toVector([1]) };
  const exported = await runCli(["export", "-n", "n"], {
    answers: { List: () => ({ records: [bare, empty] }) },
  });
  const lines = exported.stdout
    .trimEnd()
    .split("\n")
    .map((text) => JSON.parse(text));
  expect(lines).toEqual([
    { namespace: "n", key: "bare", tags: [], vector: [1] },
    { namespace: "n", key: "empty", value: "", metadata: {}, tags: [], vector: [1] },
  ]);
  const written: object[] = [];
  const imported = await runCli(["import"], {
    stdin: exported.stdout,
    answers: {
      Upsert: (request: Upsert) => {
        written.push(...request.records);
        return allApplied(request);
      },
    },
  });
  expect(imported.code).toBe(0);
  const [first, second] = written as Record<string, unknown>[];
  expect(first?.value).toBeUndefined();
  expect(first?.metadata ?? null).toBeNull();
  expect(second).toMatchObject({ value: "", metadata: { fields: {} } });
});
