import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type LockFolderProcess, startLockFolderProcess } from "../support/lock-folder-process.ts";
import { createTempFolder } from "../support/temp-folder.ts";

/** More for a long run: `ORRERY_TEST_LOCK_ROUNDS=1000`. */
const ROUNDS = Number(process.env.ORRERY_TEST_LOCK_ROUNDS ?? 40);
const CONTENDERS = 3;

const processes = new Set<LockFolderProcess>();

async function start(): Promise<LockFolderProcess> {
  const started = await startLockFolderProcess();
  processes.add(started);
  return started;
}

async function kill(victim: LockFolderProcess): Promise<void> {
  processes.delete(victim);
  await victim.kill();
}

afterEach(() => Promise.all([...processes].map(kill)));

it(
  "of processes that start at the same time exactly one owns the folder, also after each owner is killed",
  async () => {
    const folder = createTempFolder();
    const contenders = await Promise.all(Array.from({ length: CONTENDERS }, start));
    const owners: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const atMs = Date.now() + 5;
      const answers = await Promise.all(contenders.map((contender) => contender.lock(folder, atMs)));
      const winners = contenders.filter((_, index) => answers[index] === "locked");
      owners.push(winners.length);
      for (const answer of answers) expect(answer).toMatch(/^locked$|in use by process \d+$|just taken/);
      for (const winner of winners) {
        await kill(winner);
        contenders[contenders.indexOf(winner)] = await start();
      }
    }
    expect(owners.filter((count) => count !== 1)).toEqual([]);
  },
  120_000 + 300 * ROUNDS,
);

it("a folder is refused while its owner lives, frozen too, and is free once it unlocks or dies", async () => {
  const folder = createTempFolder();
  const [first, second] = [await start(), await start()];
  expect(await first.lock(folder)).toBe("locked");
  expect(await second.lock(folder)).toContain(`in use by process ${first.pid}`);
  first.signal("SIGSTOP");
  expect(await second.lock(folder)).toContain(`in use by process ${first.pid}`);
  first.signal("SIGCONT");
  await first.unlock(folder);
  expect(await second.lock(folder)).toBe("locked");
  expect(await first.lock(folder)).toContain(`in use by process ${second.pid}`);
  await kill(second);
  expect(await first.lock(folder)).toBe("locked");
});

it("a folder whose owner died is free when another process has got its process id", async () => {
  const folder = createTempFolder();
  const [first, second] = [await start(), await start()];
  expect(await first.lock(folder)).toBe("locked");
  await kill(first);
  for (const name of readdirSync(folder).filter((entry) => entry.startsWith("orrery.lock"))) {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), pid: process.pid }));
  }
  expect(await second.lock(folder)).toBe("locked");
});

it("a folder is locked whose path is too long for a socket", async () => {
  const folder = join(createTempFolder(), "long".repeat(40));
  mkdirSync(folder);
  const [first, second] = [await start(), await start()];
  expect(await first.lock(folder)).toBe("locked");
  expect(await second.lock(folder)).toContain(`in use by process ${first.pid}`);
  await kill(first);
  expect(await second.lock(folder)).toBe("locked");
});
