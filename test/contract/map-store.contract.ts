/** What every MapStore promises; run on memory and on a real etcd. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Leadership, MapStore } from "../../src/topology/map-store.ts";
import { waitFor } from "../support/wait-for.ts";
import { sampleMap } from "./sample-map.ts";

export interface StoreHarness {
  /** A store with nothing in it, as three coordinators see it. */
  open(): readonly [MapStore, MapStore, MapStore];
}

const NEVER = new AbortController().signal;

export function describeMapStore(name: string, harness: StoreHarness): void {
  describe(`map store: ${name}`, () => {
    let stores: readonly [MapStore, MapStore, MapStore];
    beforeEach(() => {
      stores = harness.open();
    });
    afterEach(() => Promise.all(stores.map((store) => store.close())));

    it("a map store has no map at first", async () => {
      expect(await stores[0].load()).toBeUndefined();
    });

    it("a map store returns the map that was published, under the revision that publish returned", async () => {
      const leadership = await stores[0].campaign("a", NEVER);
      const revision = await stores[0].publish(sampleMap(1), { leadership, expected: undefined });
      expect(await stores[1].load()).toEqual({ value: sampleMap(1), revision });
      const next = await stores[0].publish(sampleMap(2, { words: 2 }), { leadership, expected: revision });
      expect(next).not.toBe(revision);
      expect(await stores[1].load()).toEqual({ value: sampleMap(2, { words: 2 }), revision: next });
    });

    it("a map store refuses to publish over a revision that is not the stored one", async () => {
      const leadership = await stores[0].campaign("a", NEVER);
      const first = await stores[0].publish(sampleMap(1), { leadership, expected: undefined });
      const second = await stores[0].publish(sampleMap(2), { leadership, expected: first });
      for (const expected of [undefined, first]) {
        await expect(stores[0].publish(sampleMap(3), { leadership, expected })).rejects.toMatchObject({
          code: "STATEMENT_CONFLICT",
        });
      }
      expect(await stores[0].load()).toEqual({ value: sampleMap(2), revision: second });
    });

    it("a map store refuses a map of a mebibyte, naming its size, and keeps the old one", async () => {
      const leadership = await stores[0].campaign("a", NEVER);
      const expected = await stores[0].publish(sampleMap(1), { leadership, expected: undefined });
      const names = Array.from({ length: 6_000 }, (_, index) => [`collection-${index}`, 1]);
      await expect(
        stores[0].publish(sampleMap(2, Object.fromEntries(names)), { leadership, expected }),
      ).rejects.toMatchObject({ code: "UNSUPPORTED", message: expect.stringMatching(/12000 shards.*bytes/) });
      expect((await stores[0].load())?.value.epoch).toBe(1);
    });

    it("a map store refuses a leader that resigned, before and after another took over", async () => {
      const old = await stores[0].campaign("a", NEVER);
      await old.resign();
      expect(old.lost.aborted).toBe(true);
      const publishAsOld = () => stores[0].publish(sampleMap(1), { leadership: old, expected: undefined });
      await expect(publishAsOld()).rejects.toMatchObject({ code: "NOT_LEADER" });
      const present = await stores[1].campaign("b", NEVER);
      await expect(publishAsOld()).rejects.toMatchObject({ code: "NOT_LEADER" });
      expect(present.lost.aborted).toBe(false);
      expect(await stores[0].load()).toBeUndefined();
    });

    it("a map store has one leader at a time, and a resignation hands over to the next", async () => {
      const won: Leadership[] = [];
      const campaigns = stores.map(async (store, index) => {
        const leadership = await store.campaign(`candidate-${index}`, NEVER);
        won.push(leadership);
      });
      for (let term = 1; term <= 3; term += 1) {
        await waitFor(() => won.length === term, { what: `leader number ${term}` });
        expect(won.filter(({ lost }) => !lost.aborted)).toHaveLength(1);
        await won[term - 1]?.resign();
      }
      await Promise.all(campaigns);
    });

    it("a map store ends a campaign with the reason of its signal, and lets another lead", async () => {
      const first = await stores[0].campaign("a", NEVER);
      const giveUp = new AbortController();
      const campaign = stores[1].campaign("b", giveUp.signal);
      giveUp.abort(new Error("had enough"));
      await expect(campaign).rejects.toThrow("had enough");
      await first.resign();
      expect((await stores[2].campaign("c", NEVER)).lost.aborted).toBe(false);
    });

    it("a map store hints at changes that others make, until the watch is closed", async () => {
      let hints = 0;
      const errors: Error[] = [];
      const seen: (number | undefined)[] = [];
      const watch = await stores[1].watch(
        () => {
          hints += 1;
          void stores[1].load().then((stored) => seen.push(stored?.value.epoch));
        },
        (error) => errors.push(error),
      );
      const leadership = await stores[0].campaign("a", NEVER);
      let expected: string | undefined;
      for (const epoch of [1, 2, 3]) {
        expected = await stores[0].publish(sampleMap(epoch), { leadership, expected });
        await waitFor(() => seen.includes(epoch), { what: `a hint at epoch ${epoch}` });
      }
      await watch.close();
      const before = hints;
      await stores[0].publish(sampleMap(4), { leadership, expected });
      // Another watcher's hint shows that the change was announced.
      let hinted = false;
      await stores[2].watch(
        () => {
          hinted = true;
        },
        () => {},
      );
      await stores[0].publish(sampleMap(5), { leadership, expected: (await stores[0].load())?.revision });
      await waitFor(() => hinted, { what: "the hint to another watcher" });
      expect(hints).toBe(before);
      expect(errors).toEqual([]);
    });

    it("a map store lists announced coordinators with their latest info, until they close", async () => {
      const a = { id: "a", address: "host-a:1", version: "1.0.0", epoch: 1 };
      const b = { id: "b", address: "host-b:1", version: "1.0.0", epoch: 7 };
      const announcementA = await stores[0].announce(a);
      const announcementB = await stores[1].announce(b);
      const listed = async () =>
        [...(await stores[2].coordinators())].sort((x, y) => x.id.localeCompare(y.id));
      expect(await listed()).toEqual([a, b]);
      await announcementA.update({ ...a, epoch: 2 });
      expect(await listed()).toEqual([{ ...a, epoch: 2 }, b]);
      await announcementB.close();
      expect(await listed()).toEqual([{ ...a, epoch: 2 }]);
    });

    it("a map store holds the parts of a record, changed and deleted with it", async () => {
      const added = new Map(Array.from({ length: 250 }, (_, i) => [`${i}-a`, `text ${i}`] as const));
      const first = { id: "cut", json: "1", change: { added, removed: [] } };
      const revision = await stores[0].putOperation(first, undefined);
      expect((await stores[1].getOperation("cut"))?.value).toEqual({ id: "cut", json: "1", parts: added });
      expect((await stores[1].getOperationHead("cut"))?.value).toEqual({ id: "cut", json: "1" });
      expect((await stores[1].listOperations()).map(({ value }) => value)).toContainEqual({
        id: "cut",
        json: "1",
      });
      const change = { added: new Map([["0-b", "other"]]), removed: ["0-a"] };
      const late = { id: "cut", json: "2", change };
      const next = await stores[1].putOperation(late, revision);
      await expect(stores[0].putOperation({ ...late, json: "late" }, revision)).rejects.toMatchObject({
        code: "STATEMENT_CONFLICT",
      });
      const parts = (await stores[2].getOperation("cut"))?.value.parts;
      expect([parts?.size, parts?.get("0-a"), parts?.get("0-b")]).toEqual([250, undefined, "other"]);
      await stores[2].deleteOperation("cut", { expected: next });
      await stores[2].putOperation({ id: "cut", json: "3" }, undefined);
      expect((await stores[0].getOperation("cut"))?.value).toEqual({ id: "cut", json: "3" });
      await stores[0].deleteOperation("cut");
    });

    it("a map store holds operation records, each written only over the revision that its writer knows", async () => {
      const first = { id: "op-1", json: '{"state":"running"}' };
      const revision = await stores[0].putOperation(first, undefined);
      await stores[0].putOperation({ id: "op-2", json: "{}" }, undefined);
      expect(await stores[1].getOperation("op-1")).toEqual({ value: first, revision });

      const second = { id: "op-1", json: '{"state":"done"}' };
      const next = await stores[1].putOperation(second, revision);
      for (const expected of [undefined, revision]) {
        await expect(
          stores[0].putOperation({ id: "op-1", json: '{"state":"late"}' }, expected),
        ).rejects.toMatchObject({ code: "STATEMENT_CONFLICT" });
      }
      expect(await stores[2].getOperation("op-1")).toEqual({ value: second, revision: next });
      expect((await stores[2].listOperations()).map(({ value }) => value.id).sort()).toEqual([
        "op-1",
        "op-2",
      ]);

      await stores[0].deleteOperation("op-1");
      expect(await stores[2].getOperation("op-1")).toBeUndefined();
      await expect(stores[1].putOperation(second, next)).rejects.toMatchObject({
        code: "STATEMENT_CONFLICT",
      });
      expect((await stores[2].listOperations()).map(({ value }) => value.id)).toEqual(["op-2"]);
    });

    it("a map store accepts records of a leader only while it leads", async () => {
      const leadership = await stores[0].campaign("a", new AbortController().signal);
      const entry = { id: "led", json: "1" };
      const revision = await stores[0].putOperation(entry, undefined, leadership);
      const next = await stores[0].putOperation({ id: "led", json: "2" }, revision, leadership);
      const stale = { expected: revision, leadership };
      await expect(stores[0].deleteOperation("led", stale)).rejects.toMatchObject({
        code: "STATEMENT_CONFLICT",
      });
      await leadership.resign();

      const successor = await stores[1].campaign("b", new AbortController().signal);
      const late = stores[0].putOperation({ id: "led", json: "3" }, next, leadership);
      await expect(late).rejects.toMatchObject({ code: "NOT_LEADER" });
      const lateDeletion = stores[0].deleteOperation("led", { expected: next, leadership });
      await expect(lateDeletion).rejects.toMatchObject({ code: "NOT_LEADER" });
      expect((await stores[2].getOperation("led"))?.value.json).toBe("2");
      await stores[1].deleteOperation("led", { expected: next, leadership: successor });
      expect(await stores[2].getOperation("led")).toBeUndefined();
      await successor.resign();
    });
  });
}
