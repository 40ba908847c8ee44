import { Writable } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runDev } from "../../src/cli/dev.ts";
import { bruteForce } from "../support/brute-force.ts";
import { startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { sampleWords } from "../support/sample-words.ts";

const words = sampleWords(Number.POSITIVE_INFINITY);
let coordinator: TestCoordinator;

beforeAll(async () => {
  coordinator = await startTestCoordinator({});
});

afterAll(() => coordinator?.stop());

async function firstRun(stays = true): Promise<string> {
  let printed = "";
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      printed += String(chunk);
      done();
    },
  });
  await runDev({ address: coordinator.address, stdout, stays });
  return printed;
}

/** The line printed for a search by word: its nearest neighbors with their similarities. */
function neighbours(word: string, inScope: (namespace: string) => boolean): string {
  const vector = words.find(({ key }) => key === word)?.vector ?? [];
  return bruteForce(
    words.filter(({ namespace, key }) => inScope(namespace) && key !== word),
    vector,
    5,
  )
    .map(({ key, similarity }) => `${key} ${similarity.toFixed(3)}`)
    .join(", ");
}

const count = () => coordinator.client.vector.count({ collection: "words", allNamespaces: true });

it("dev loads the sample, prints the nearest words and says how to call the service", async () => {
  expect(words.length).toBeGreaterThanOrEqual(5_000);
  expect(new Set(words.map(({ key }) => key)).size).toBe(words.length);
  const printed = await firstRun();
  expect(await count()).toMatchObject({ count: String(words.length), exact: true });
  expect(printed).toContain(
    `Like "river", words with s: ${neighbours("river", (namespace) => namespace === "s")}`,
  );
  expect(printed).toContain(`Like "river", all words:    ${neighbours("river", () => true)}`);
  expect(printed).toMatch(/^Loaded in \d+\.\d s, \d+ words a second\.$/m);
  expect(printed).toMatch(/^100 searches in turn: median \d+\.\d ms in one namespace, \d+\.\d ms in all\.$/m);
  expect(printed).toContain(`${coordinator.address} orrery.v1.VectorService/Search`);
});

it("dev does not reload what is there, and completes an interrupted load", async () => {
  expect(await firstRun()).toContain(`has its ${words.length} words already`);
  await coordinator.client.vector.delete({
    collection: "words",
    records: [{ namespace: "r", key: "river" }],
  });
  const printed = await firstRun(false);
  expect(printed).toMatch(/\nThis coordinator ends here\. `npm start` [^\n]+\n\n$/);
  expect(printed).not.toContain("listens on");
  expect(await count()).toMatchObject({ count: String(words.length) });
});
