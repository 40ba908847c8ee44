import { describe, expect, it } from "vitest";
import type { Job } from "../../../src/operations/job.ts";
import { createRecords } from "../../../src/operations/records.ts";
import { runOperation } from "../../../src/operations/runner.ts";
import type { Operation } from "../../../src/operations/types.ts";
import { createMemoryStore } from "../../../src/topology/memory-store.ts";
import { noopLogger } from "../../contract/noop-logger.ts";

const OPERATION: Operation = {
  id: "op",
  kind: "delete_namespace",
  state: "running",
  stage: "",
  fraction: 0,
  message: "",
  createdAtMs: 0,
  updatedAtMs: 0,
  coordinator: "a",
  arguments: { collection: "words", namespace: "n" },
};

/** Two stages, and something that happens between them. */
function job(cancellation: Job["cancellation"], between: () => Promise<void>, stages: string[]): Job {
  return {
    cancellation,
    async run({ enter }) {
      await enter("first");
      stages.push("first");
      await between();
      await enter("second");
      stages.push("second");
      return { message: "", result: {} };
    },
  };
}

/** Runs it, while another process changes `fields` of its record between the stages. */
async function runChanged(cancellation: Job["cancellation"], fields: Partial<Operation>) {
  const records = createRecords(createMemoryStore());
  const revision = await records.put(OPERATION, undefined);
  const stages: string[] = [];
  const change = async () => {
    const stored = await records.get("op");
    await records.put({ ...(stored?.value ?? OPERATION), ...fields }, stored?.revision);
  };
  const running = runOperation(
    {
      records,
      jobs: { delete_namespace: job(cancellation, change, stages) },
      epochMs: () => 0,
      logger: noopLogger,
      finished: { get: async () => undefined, add: async () => {} },
      onChange: () => {},
      closing: new AbortController().signal,
    },
    { operation: OPERATION, revision },
  );
  await running.ended;
  return { stages, record: (await records.get("op"))?.value };
}

describe("a stage", () => {
  it("does not enter a stage after another coordinator has taken the operation over", async () => {
    const { stages, record } = await runChanged("noted", { coordinator: "b" });
    expect(stages).toEqual(["first"]);
    expect(record).toMatchObject({ coordinator: "b", state: "running", stage: "first" });
  });

  it("does not enter a stage of a cancelled operation that ends by being cancelled", async () => {
    const { stages, record } = await runChanged("aborts", { state: "cancelling" });
    expect(stages).toEqual(["first"]);
    expect(record).toMatchObject({ state: "cancelled" });
  });

  it("enters the next stage of a cancelled operation that cannot be undone", async () => {
    const { stages, record } = await runChanged("noted", { state: "cancelling" });
    expect(stages).toEqual(["first", "second"]);
    expect(record).toMatchObject({ state: "done" });
  });
});
