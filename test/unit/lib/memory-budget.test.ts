import fc from "fast-check";
import { expect, it } from "vitest";
import { type FullMemory, MemoryBudget } from "../../../src/lib/memory-budget.ts";

const KB = 1024;
const budget = (totalBytes: number, accountBytes = totalBytes) =>
  new MemoryBudget({ totalBytes, accountBytes, refusal: (full: FullMemory) => new Error(full) });

it("gives an account what there is, counts it, and takes it back when the account is closed", () => {
  const all = budget(1000 * KB);
  const account = all.open();
  expect(account.take(300 * KB)).toBeUndefined();
  expect(account.take(100 * KB)).toBeUndefined();
  account.giveBack(50 * KB);
  expect([account.heldBytes, all.heldBytes]).toEqual([350 * KB, 350 * KB]);
  account.close();
  expect([account.heldBytes, all.heldBytes]).toEqual([0, 0]);
});

it("refuses an account more than its own share, and takes nothing then", () => {
  const all = budget(1000 * KB, 200 * KB);
  const account = all.open();
  expect(account.take(150 * KB)).toBeUndefined();
  expect(account.take(51 * KB)?.message).toBe("account");
  expect(all.heldBytes).toBe(150 * KB);
  expect(all.refused).toMatchObject({ account: 1, all: 0 });
});

it("keeps a fifth for small accounts, so that large ones cannot keep them out", () => {
  const all = budget(1000 * KB);
  expect(all.open().take(800 * KB)).toBeUndefined();
  expect(all.open().take(65 * KB)?.message).toBe("all");
  const small = [1, 2, 3].map(() => all.open());
  expect(small.map((account) => account.take(64 * KB))).toEqual([undefined, undefined, undefined]);
  expect(all.open().take(9 * KB)?.message).toBe("all");
  expect(all.refused).toMatchObject({ account: 0, all: 2 });
});

it("counts what a part of an account holds in the account, until the part is closed", () => {
  const all = budget(1000 * KB, 300 * KB);
  const account = all.open();
  const part = account.part();
  expect(part.take(250 * KB)).toBeUndefined();
  expect(account.take(51 * KB)?.message).toBe("account");
  part.close();
  expect(account.take(51 * KB)).toBeUndefined();
  expect(all.heldBytes).toBe(51 * KB);
});

it("gives a closed account nothing more, nor its parts", () => {
  const all = budget(1000 * KB);
  const account = all.open();
  const part = account.part();
  account.close();
  expect(account.take(1)?.message).toBe("closed");
  expect(part.take(1)?.message).toBe("closed");
  expect(all.heldBytes).toBe(0);
});

it("holds the sum of its accounts and never more than it has, whatever they do", () => {
  const step = fc.record({
    account: fc.nat({ max: 4 }),
    act: fc.constantFrom("take" as const, "giveBack" as const, "close" as const),
    bytes: fc.nat({ max: 400 * KB }),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const all = budget(1000 * KB, 500 * KB);
      const accounts = Array.from({ length: 5 }, () => all.open());
      for (const { account: index, act, bytes } of steps) {
        const account = accounts[index] as (typeof accounts)[number];
        if (act === "close") account.close();
        else account[act](bytes);
        expect(all.heldBytes).toBe(accounts.reduce((sum, { heldBytes }) => sum + heldBytes, 0));
        expect(all.heldBytes).toBeLessThanOrEqual(all.totalBytes);
        for (const { heldBytes } of accounts) expect(heldBytes).toBeGreaterThanOrEqual(0);
      }
    }),
  );
});
