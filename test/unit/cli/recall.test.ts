import { mkdtempSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { runCli } from "./run-cli.ts";

const summary = (namespace: string, mean: number) => ({
  namespace,
  queries: 25,
  mean,
  p1: 0.7,
  minimum: 0.5,
  shortAnswers: 2,
});

function answering(seen: object[], answer: object) {
  return {
    MeasureRecall: (request: object) => {
      seen.push(request);
      return answer;
    },
  };
}

it("options become the search that is measured, and how", async () => {
  const seen: object[] = [];
  const answers = answering(seen, { total: summary("", 0.9), namespaces: [], complete: true });
  const { code, stdout } = await runCli(
    [
      "recall",
      "--all",
      "-c",
      "words",
      "-k",
      "20",
      "--recall",
      "0.99",
      "--samples",
      "50",
      "--max-seconds",
      "2.5",
    ],
    { answers },
  );
  expect(code).toBe(0);
  expect(seen[0]).toMatchObject({
    search: { collection: "words", allNamespaces: true, topK: 20, params: { recallTarget: 0.99 } },
    samples: 50,
    maxMs: 2500,
    vectors: [],
  });
  expect(stdout).toMatch(/all .*25 .*0\.9000 .*0\.7000 .*0\.5000 .*2/);
});

it("shows each namespace and all together, and says when not all queries were asked", async () => {
  const namespaces = [summary("a", 0.95), summary("b", 0.85)];
  const answers = answering([], { total: summary("", 0.9), namespaces, complete: false });
  const { stdout, stderr } = await runCli(["recall", "-n", "a", "-n", "b"], { answers });
  expect(stdout).toMatch(/a .*0\.9500[\s\S]*b .*0\.8500[\s\S]*all .*0\.9000/);
  expect(stderr).toContain("the time was up");
});

it("reads queries from a file, and names the line that is none", async () => {
  const folder = mkdtempSync(join(tmpdir(), "orrery-recall-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "queries");
  const seen: object[] = [];
  const answers = answering(seen, { total: summary("", 1), namespaces: [], complete: true });
  await writeFile(path, "[1, 2]\n\n[3, 4]\n");
  await runCli(["recall", "--all", "--queries", path], { answers });
  expect(
    (seen[0] as { vectors: { f32Le: Buffer }[] }).vectors.map(({ f32Le }) => f32Le.readFloatLE(4)),
  ).toEqual([2, 4]);
  await writeFile(path, "[1, 2]\nno\n");
  const { code, stderr } = await runCli(["recall", "--all", "--queries", path], { answers });
  expect(code).toBe(2);
  expect(stderr).toContain("line 2");
});

it("fails when there is nothing to measure, and refuses to choose between namespaces and all", async () => {
  const answers = answering([], { namespaces: [], complete: true });
  expect(await runCli(["recall", "--all"], { answers })).toMatchObject({ code: 3 });
  expect(await runCli(["recall"], { answers })).toMatchObject({ code: 2 });
  expect(await runCli(["recall", "--all", "-n", "a"], { answers })).toMatchObject({ code: 2 });
});
