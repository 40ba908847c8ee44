/** What requests with many records promise, through gRPC, on any engine. */
import { describe, expect, it } from "vitest";
import { toVector } from "../../../src/cli/values.ts";
import type { Lane } from "./lanes.ts";
import { reasons, recordCalls, VECTOR } from "./record-calls.ts";

export function testWriteRequests(lane: () => Lane): void {
  const { unused, write, writeOne, read, count } = recordCalls(lane);

  describe("requests of many records", () => {
    it("a request may hold a thousand records of many namespaces, with a result for each", async () => {
      const namespaces = Array.from({ length: 40 }, unused);
      const records = Array.from({ length: 1_000 }, (_, i) => ({
        namespace: namespaces[i % namespaces.length] ?? "",
        key: `k${i}`,
        value: `${i}`,
        vector: toVector([i + 1, 1, 1]),
      }));
      expect(reasons(await write(records))).toEqual(records.map(() => undefined));
      const shuffled = [...records].sort((a, b) => (Number(a.value) % 7) - (Number(b.value) % 7));
      const back = await read(...shuffled);
      expect(back.map(({ namespace, key, value, vector }) => ({ namespace, key, value, vector }))).toEqual(
        shuffled,
      );
      expect(await count(...namespaces)).toBe(1_000);

      const again = records.map((record, i) => (i % 3 === 0 ? { ...record, key: `new ${i}` } : record));
      expect(reasons(await write(again, "WRITE_MODE_INSERT"))).toEqual(
        again.map((_, i) => (i % 3 === 0 ? undefined : "ALREADY_EXISTS RECORD_EXISTS")),
      );
    });

    it("a request may hold a thousand records of one namespace", async () => {
      const namespace = unused();
      const records = Array.from({ length: 1_000 }, (_, i) => ({ namespace, key: `k${i}`, vector: VECTOR }));
      for (const mode of ["WRITE_MODE_UPSERT", "WRITE_MODE_UPDATE"] as const) {
        expect(reasons(await write(records, mode))).toEqual(records.map(() => undefined));
      }
      expect(await count(namespace)).toBe(1_000);
      const { results } = await lane().client.vector.delete({
        records: records.map(({ key }) => ({ namespace, key })),
      });
      expect(reasons(results)).toEqual(records.map(() => undefined));
      expect(await count(namespace)).toBe(0);
    });

    it("a get returns its records in the order of the request, without the missing ones", async () => {
      const [one, two] = [unused(), unused()];
      await write(
        [one, two].flatMap((namespace) => ["a", "b"].map((key) => ({ namespace, key, vector: VECTOR }))),
      );
      const wanted = [
        { namespace: two, key: "b" },
        { namespace: one, key: "nobody" },
        { namespace: one, key: "a" },
        { namespace: two, key: "a" },
        { namespace: one, key: "b" },
      ];
      const found = (await read(...wanted)).map(({ namespace, key }) => ({ namespace, key }));
      expect(found).toEqual(wanted.filter(({ key }) => key !== "nobody"));
    });

    it("a delete removes what is there and says what was not", async () => {
      const namespace = unused();
      const version = await writeOne({ namespace, key: "b", vector: VECTOR });
      const { results } = await lane().client.vector.delete({
        records: ["a", "b", "c"].map((key) => ({ namespace, key })),
      });
      expect(reasons(results)).toEqual([
        "NOT_FOUND RECORD_NOT_FOUND",
        undefined,
        "NOT_FOUND RECORD_NOT_FOUND",
      ]);
      expect(results.map((result) => result.version)).toEqual(["0", String(version), "0"]);
      expect(await read({ namespace, key: "b" })).toEqual([]);
    });

    it("simultaneous requests with the same records in another order wait for each other and do not fail", async () => {
      const namespace = unused();
      const records = Array.from({ length: 200 }, (_, i) => ({
        namespace,
        key: `k${(i * 73) % 200}`,
        vector: VECTOR,
      }));
      await write(records);
      const orders = [records, records.toReversed(), records.toSorted((a, b) => (a.key < b.key ? 1 : -1))];
      const modes = ["WRITE_MODE_UPSERT", "WRITE_MODE_UPDATE"] as const;
      const writers = orders.flatMap((order) => modes.map((mode) => ({ order, mode })));
      await Promise.all(
        writers.map(async ({ order, mode }) => {
          for (let round = 0; round < 5; round += 1) {
            expect(reasons(await write(order, mode))).toEqual(order.map(() => undefined));
          }
        }),
      );
    });
  });
}
