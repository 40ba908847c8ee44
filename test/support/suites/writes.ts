/** What writes promise, through gRPC, on any engine. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fromStruct, toStruct, toVector } from "../../../src/cli/values.ts";
import type { JsonObject } from "../../../src/lib/json.ts";
import type { HitMessage } from "../../../src/proto/generated/orrery/v1/Hit.ts";
import type { RecordMessage } from "../../../src/proto/generated/orrery/v1/Record.ts";
import type { Lane } from "./lanes.ts";
import { reasons, recordCalls, VECTOR } from "./record-calls.ts";

export function testWrites(lane: () => Lane): void {
  const { unused, write, writeOne, read, readOne, count } = recordCalls(lane);

  describe("records", () => {
    it("a record is created with times and a version, and replaced as a whole except for created_at", async () => {
      const namespace = unused();
      const before = Date.now();
      const first = await writeOne({
        namespace,
        key: "k",
        value: "one",
        tags: ["a"],
        metadata: toStruct({ a: 1 }),
        vector: VECTOR,
      });
      const created = await readOne(namespace, "k");
      expect(created).toMatchObject({ value: "one", tags: ["a"], version: String(first), vector: VECTOR });
      expect(Number(created.createdAt?.seconds) * 1000).toBeGreaterThan(before - 60_000);
      expect(first).toBeGreaterThan(BigInt(before - 60_000) * 1000n);

      const second = await writeOne({ namespace, key: "k", vector: toVector([3, 2, 1]) });
      const replaced = await readOne(namespace, "k");
      expect(second).toBeGreaterThan(first);
      expect([replaced.value, replaced.metadata]).toEqual([undefined, undefined]);
      expect(replaced).toMatchObject({
        tags: [],
        version: String(second),
        vector: toVector([3, 2, 1]),
        createdAt: created.createdAt,
      });
      expect(replaced.updatedAt).not.toEqual(created.updatedAt);
    });

    it("an absent value or metadata is not an empty one, however it was written and is read", async () => {
      const namespace = unused();
      const { vector } = lane().client;
      const empty = { value: "", metadata: toStruct({}) };
      const full = { value: "v", metadata: toStruct({ a: 1 }) };
      const kinds = { neither: {}, value: { value: "" }, metadata: { metadata: toStruct({}) }, both: empty };
      const expected: Record<string, object> = {};
      for (const [name, fields] of Object.entries(kinds)) {
        const record = (mode: string) => ({ namespace, key: `${name} ${mode}`, vector: VECTOR });
        await writeOne({ ...record("upsert"), ...fields });
        await writeOne({ ...record("over"), ...full });
        await writeOne({ ...record("over"), ...fields });
        await writeOne({ ...record("insert"), ...fields }, "WRITE_MODE_INSERT");
        const version = String(await writeOne({ ...record("version"), ...full }));
        await writeOne({ ...record("version"), ...fields, version }, "WRITE_MODE_IF_VERSION");
        await writeOne({ ...record("update"), ...fields });
        await writeOne({ namespace, key: `${name} update`, tags: ["t"] }, "WRITE_MODE_UPDATE");
        await writeOne({ ...record("given"), ...fields });
        await writeOne({ namespace, key: `${name} given`, ...full }, "WRITE_MODE_UPDATE");
        for (const mode of ["upsert", "over", "insert", "version", "update"]) {
          expected[`${name} ${mode}`] = { value: undefined, metadata: null, ...fields };
        }
        expected[`${name} given`] = full;
      }
      const shown = (found: readonly (RecordMessage | HitMessage)[]) =>
        Object.fromEntries(
          found.map(({ key, value, metadata }) => [key, { value, metadata: metadata ?? null }]),
        );

      const keys = Object.keys(expected);
      const got = await vector.get({ records: keys.map((key) => ({ namespace, key })) });
      expect(shown(got.records)).toEqual(expected);
      const listed = await vector.list({ namespace, pageSize: 100 });
      expect(shown(listed.records)).toEqual(expected);
      const query = { namespaces: [namespace], vector: VECTOR, topK: 100, includeMetadata: true };
      for (const exact of [true, false]) {
        const { hits } = await vector.search({ ...query, params: { exact } });
        expect(shown(hits)).toEqual(expected);
      }
      const { results } = await vector.searchBatch({ requests: [query] });
      expect(shown(results[0]?.response?.hits ?? [])).toEqual(expected);
    });

    it("a record keeps the created_at it was given, to the microsecond", async () => {
      const namespace = unused();
      const times = [
        { seconds: "-62135596800", nanos: 0 },
        { seconds: "-1", nanos: 999_999_000 },
        { seconds: "1767225600", nanos: 123_456_789 },
        { seconds: "253402300799", nanos: 999_999_999 },
      ];
      for (const [i, createdAt] of times.entries()) {
        await writeOne({ namespace, key: `k${i}`, vector: VECTOR, createdAt });
        await writeOne({ namespace, key: `k${i}`, vector: VECTOR, createdAt: { seconds: "5", nanos: 0 } });
        const nanos = Math.floor(createdAt.nanos / 1000) * 1000;
        expect((await readOne(namespace, `k${i}`)).createdAt).toEqual({ seconds: createdAt.seconds, nanos });
      }
    });

    it("updated_at is never before created_at and never goes back, as if the clock had been set back by an hour", async () => {
      const namespace = unused();
      const inAnHour = { seconds: String(Math.floor(Date.now() / 1000) + 3600), nanos: 0 };
      const microseconds = (time: { readonly seconds: string; readonly nanos: number } | null) =>
        BigInt(time?.seconds ?? 0) * 1_000_000n + BigInt(Math.floor((time?.nanos ?? 0) / 1000));
      const times = async (key: string) => {
        const { createdAt, updatedAt } = await readOne(namespace, key);
        return { created: microseconds(createdAt), updated: microseconds(updatedAt) };
      };
      const modes = ["UPSERT", "UPDATE", "IF_VERSION"] as const;
      for (const mode of modes) {
        const record = { namespace, key: mode, vector: VECTOR };
        const version = await writeOne({ ...record, createdAt: inAnHour }, "WRITE_MODE_INSERT");
        const first = await times(mode);
        expect(first.updated).toBeGreaterThanOrEqual(first.created);
        const expected = mode === "IF_VERSION" ? { version: String(version) } : {};
        expect(await writeOne({ ...record, ...expected }, `WRITE_MODE_${mode}`)).toBeGreaterThan(version);
        const second = await times(mode);
        expect(second.created).toBe(first.created);
        expect(second.updated).toBeGreaterThanOrEqual(first.updated);
      }
      // A created_at is for new records only: it does not date the change of one that exists.
      await writeOne({ namespace, key: "present", vector: VECTOR });
      await writeOne({ namespace, key: "present", vector: VECTOR, createdAt: inAnHour });
      const { created, updated } = await times("present");
      expect(updated).toBeGreaterThanOrEqual(created);
      expect(updated).toBeLessThan(microseconds(inAnHour));
    });

    it("a record comes back as it was written, whatever is in it", async () => {
      const namespace = unused();
      const texts = fc.string({ unit: "binary" }).map((text) => text.replaceAll("\0", ""));
      const record = fc.record({
        value: texts,
        tags: fc.array(
          texts.filter((text) => text !== "" && Buffer.byteLength(text) <= 255),
          { maxLength: 5 },
        ),
        metadata: fc.dictionary(
          texts,
          fc.oneof(
            texts,
            fc.double({ noDefaultInfinity: true, noNaN: true }),
            fc.boolean(),
            fc.constant(null),
          ),
          { maxKeys: 5 },
        ),
      });
      const awkward = [
        "'",
        '"',
        "\\",
        "{a,b}",
        "{}",
        "NULL",
        "null",
        "a,b",
        " ",
        "\n",
        "$1",
        "--",
        "é\u0301",
        "\u{1f600}",
        "\ue000",
      ];
      const samples: readonly { value: string; tags: string[]; metadata: JsonObject }[] = [
        {
          value: awkward.join(""),
          tags: awkward,
          metadata: Object.fromEntries(awkward.map((text) => [text, text])),
        },
        {
          value: "",
          tags: [],
          metadata: { "": "", nested: { list: [1, [], {}, null, "x", true] }, number: 1e-300 },
        },
        { value: "", tags: [], metadata: JSON.parse('{"__proto__": 1, "constructor": {"a": 2}}') },
        ...fc.sample(record, { numRuns: 60, seed: 1 }),
      ];
      const written = samples.map((sample, i) => ({
        ...sample,
        metadata: toStruct(sample.metadata),
        namespace,
        key: `k${i}`,
        vector: VECTOR,
      }));
      expect(reasons(await write(written))).toEqual(written.map(() => undefined));
      const back = await read(...written);
      expect(back.map(({ value, tags }) => ({ value, tags }))).toEqual(
        samples.map(({ value, tags }) => ({ value, tags })),
      );
      for (const [i, { metadata }] of back.entries()) {
        // Neither JSON nor PostgreSQL's jsonb keeps the sign of zero.
        const expected = JSON.stringify(samples[i]?.metadata);
        expect(sorted(metadata ? fromStruct(metadata) : {})).toEqual(sorted(JSON.parse(expected)));
      }
    });

    it("a record's version only grows, even over delete and insert", async () => {
      const namespace = unused();
      let last = 0n;
      const grows = (version: bigint) => {
        expect(version).toBeGreaterThan(last);
        last = version;
      };
      for (let round = 0; round < 5; round += 1) {
        grows(await writeOne({ namespace, key: "k", vector: VECTOR }, "WRITE_MODE_INSERT"));
        grows(await writeOne({ namespace, key: "k", vector: VECTOR }));
        grows(await writeOne({ namespace, key: "k", value: "x" }, "WRITE_MODE_UPDATE"));
        grows(
          await writeOne(
            { namespace, key: "k", vector: VECTOR, version: String(last) },
            "WRITE_MODE_IF_VERSION",
          ),
        );
        const { results } = await lane().client.vector.delete({ records: [{ namespace, key: "k" }] });
        expect(results).toMatchObject([{ namespace, key: "k", version: String(last) }]);
      }
    });
  });

  describe("write modes", () => {
    it("an insert refuses records that exist and applies the rest", async () => {
      const namespace = unused();
      await writeOne({ namespace, key: "b", value: "old", vector: VECTOR });
      const records = ["a", "b", "c"].map((key) => ({ namespace, key, value: "new", vector: VECTOR }));
      const results = await write(records, "WRITE_MODE_INSERT");
      expect(reasons(results)).toEqual([undefined, "ALREADY_EXISTS RECORD_EXISTS", undefined]);
      expect(results[1]?.version).toBe("0");
      expect((await read(...records)).map(({ value }) => value)).toEqual(["new", "old", "new"]);
    });

    it("an update refuses records that do not exist, and leaves absent fields as they are", async () => {
      const namespace = unused();
      const given = { value: "v", tags: ["t"], metadata: toStruct({ m: 1 }) };
      await write(["a", "b", "c", "d"].map((key) => ({ namespace, key, vector: VECTOR, ...given })));
      const all = ["a", "b", "c", "d"].map((key) => ({ namespace, key }));
      const before = await read(...all);
      const results = await write(
        [
          { namespace, key: "d", metadata: toStruct({ n: 2 }) },
          { namespace, key: "nobody", value: "x" },
          { namespace, key: "a", value: "" },
          { namespace, key: "c", tags: ["u", "w"] },
          { namespace, key: "b", vector: toVector([9, 9, 9]), createdAt: { seconds: "5", nanos: 0 } },
        ],
        "WRITE_MODE_UPDATE",
      );
      expect(reasons(results)).toEqual([
        undefined,
        "NOT_FOUND RECORD_NOT_FOUND",
        undefined,
        undefined,
        undefined,
      ]);
      const stored = { ...given, vector: VECTOR };
      const after = await read(...all);
      expect(after).toMatchObject([
        { ...stored, key: "a", value: "" },
        { ...stored, key: "b", vector: toVector([9, 9, 9]) },
        { ...stored, key: "c", tags: ["u", "w"] },
        { ...stored, key: "d", metadata: toStruct({ n: 2 }) },
      ]);
      expect(after.map(({ createdAt }) => createdAt)).toEqual(before.map(({ createdAt }) => createdAt));
      expect(await count(namespace)).toBe(4);
    });

    it("an if_version write replaces only the version given, and version 0 requires that there is no record", async () => {
      const namespace = unused();
      const keys = ["right", "wrong", "taken"];
      const versions = (await write(keys.map((key) => ({ namespace, key, vector: VECTOR })))).map(
        ({ version }) => version,
      );
      const change = (key: string, version = "0") => ({
        namespace,
        key,
        version,
        value: "new",
        vector: VECTOR,
      });
      const results = await write(
        [
          change("right", versions[0]),
          change("wrong", "1"),
          change("taken"),
          change("free"),
          change("gone", "7"),
        ],
        "WRITE_MODE_IF_VERSION",
      );
      expect(reasons(results)).toEqual([
        undefined,
        "ABORTED VERSION_MISMATCH",
        "ABORTED VERSION_MISMATCH",
        undefined,
        "NOT_FOUND RECORD_NOT_FOUND",
      ]);
      const stored = await read(...[...keys, "free", "gone"].map((key) => ({ namespace, key })));
      expect(stored.map(({ key, value }) => `${key} ${value ?? "absent"}`)).toEqual([
        "right new",
        "wrong absent",
        "taken absent",
        "free new",
      ]);
      // That version is outdated now.
      expect(reasons(await write([change("right", versions[0])], "WRITE_MODE_IF_VERSION"))).toEqual([
        "ABORTED VERSION_MISMATCH",
      ]);
    });

    it("an if_version write lets one of many writers win", async () => {
      const namespace = unused();
      let version = await writeOne({ namespace, key: "k", vector: VECTOR });
      for (let round = 0; round < 5; round += 1) {
        const writers = Array.from({ length: 8 }, (_, i) => String(i));
        const results = await Promise.all(
          writers.map((value) =>
            write(
              [{ namespace, key: "k", value, vector: VECTOR, version: String(version) }],
              "WRITE_MODE_IF_VERSION",
            ),
          ),
        );
        const won = results.flat().flatMap((result, i) => (reasons([result])[0] === undefined ? [i] : []));
        expect(won).toHaveLength(1);
        const stored = await readOne(namespace, "k");
        expect(stored.value).toBe(String(won[0]));
        version = BigInt(stored.version);
      }
    });
  });
}

function sorted(object: JsonObject): readonly (readonly [string, unknown])[] {
  return Object.entries(object).toSorted(([a], [b]) => (a < b ? -1 : 1));
}
