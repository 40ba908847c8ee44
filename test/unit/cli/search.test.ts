import { expect, it } from "vitest";
import { toStruct, toVector } from "../../../src/cli/values.ts";
import { info, recordStatus } from "./answering-server.ts";
import { runCli } from "./run-cli.ts";

const HIT = {
  namespace: "a",
  key: "k",
  similarity: 0.5,
  value: "line\n\u001b[31mred",
  metadata: toStruct({ year: 1999, deep: { list: [1, null, true, "x"] } }),
  tags: ["t"],
  vector: toVector([0.1, -2.5]),
};

function answering(seen: object[], completeness: object = { targetsTotal: 1, targetsOk: 1, complete: true }) {
  return {
    Search: (request: object) => {
      seen.push(request);
      return { hits: [HIT], completeness, epoch: 7, timings: { totalMs: 1 } };
    },
  };
}

it("search options become fields, and those not given stay unset", async () => {
  const seen: object[] = [];
  const search = ["search", "-n", "a", "-n", "b", "--vector", "[1, 0.5]"];
  await runCli(search, { answers: answering(seen) });
  await runCli(
    [...search, "--top-k", "3", "--exact", "--ef-search", "50", "--no-rescore", "--min-similarity", "-0.5"],
    {
      answers: answering(seen),
    },
  );
  await runCli([...search, "--recall", "0.99"], { answers: answering(seen) });
  const [plain, full, recall] = seen;
  expect(plain).toMatchObject({ namespaces: ["a", "b"], allNamespaces: false, allowPartial: false });
  expect(plain).not.toHaveProperty("topK");
  expect((plain as { vector: { f32Le: Buffer } }).vector.f32Le.readFloatLE(4)).toBe(0.5);
  expect(full).toMatchObject({
    topK: 3,
    minSimilarity: -0.5,
    params: { exact: true, efSearch: 50, rescore: false },
  });
  expect(recall).toMatchObject({ params: { recallTarget: 0.99 } });
});

it("a search like a record names it, whatever its name holds", async () => {
  const seen: object[] = [];
  const args = ["search", "--all", "--like-namespace", "a/b", "--like-key=-k", "--collection", "words"];
  await runCli(args, { answers: answering(seen) });
  expect(seen[0]).toMatchObject({
    collection: "words",
    allNamespaces: true,
    record: { namespace: "a/b", key: "-k" },
  });
});

it.each([
  ["neither namespaces nor all", ["--vector", "[1]"]],
  ["both namespaces and all", ["--vector", "[1]", "--all", "-n", "a"]],
  ["no query", ["--all"]],
  ["two queries", ["--all", "--vector", "[1]", "--like-namespace", "a", "--like-key", "b"]],
  ["half a record", ["--all", "--like-key", "b"]],
  ["a vector that is no list of numbers", ["--all", "--vector", '["1"]']],
  ["a vector that is no JSON", ["--all", "--vector", "1,2"]],
])("%s is wrong use and nothing is sent", async (_, args) => {
  const seen: object[] = [];
  const { code } = await runCli(["search", ...args], { answers: answering(seen) });
  expect(code).toBe(2);
  expect(seen).toEqual([]);
});

it("a table shows control characters in stored text instead of obeying them", async () => {
  const { stdout } = await runCli(["search", "--all", "--vector", "[1]"], { answers: answering([]) });
  expect(stdout.split("\n")[0]).toMatch(/^namespace +key +similarity +value/);
  expect(stdout).toContain("0.500000");
  expect(stdout).toContain("line⏎\\u001b[31mred");
  expect(stdout).not.toContain("\u001b");
});

it("search as json shows metadata as plain JSON and vectors as the shortest numbers", async () => {
  const { stdout } = await runCli(["search", "--all", "--vector", "[1]", "-o", "json"], {
    answers: answering([]),
  });
  expect(JSON.parse(stdout)).toMatchObject({
    epoch: "7",
    completeness: { complete: true },
    hits: [
      { metadata: { year: 1999, deep: { list: [1, null, true, "x"] } }, vector: [0.1, -2.5], tags: ["t"] },
    ],
  });
});

it("search warns of a partial answer on standard error", async () => {
  const completeness = {
    targetsTotal: 2,
    targetsOk: 1,
    complete: false,
    failures: [
      { shardId: 5, status: recordStatus("UNAVAILABLE", "node a:1 is down", info("NODE_UNAVAILABLE")) },
    ],
  };
  const { code, stderr } = await runCli(["search", "--all", "--vector", "[1]", "--allow-partial"], {
    answers: answering([], completeness),
  });
  expect(code).toBe(0);
  expect(stderr).toBe("incomplete: 1 of 2 targets answered\n  shard 5: NODE_UNAVAILABLE: node a:1 is down\n");
});
