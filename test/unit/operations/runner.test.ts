import { describe, expect, it } from "vitest";
import { createRecords } from "../../../src/operations/records.ts";
import { runOperation } from "../../../src/operations/runner.ts";
import type { Operation } from "../../../src/operations/types.ts";
import { createMemoryStore } from "../../../src/topology/memory-store.ts";
import { silentLogger } from "../../contract/silent-logger.ts";

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

describe("a stage", () => {
  it("is not entered by a coordinator whose operation another one has taken over", async () => {
    const records = createRecords(createMemoryStore());
    const revision = await records.put(OPERATION, undefined);
    const stages: string[] = [];
    const running = runOperation(
      {
        records,
        jobs: {
          delete_namespace: {
            cancellation: "aborts",
            async run({ enter }) {
              await enter("first");
              stages.push("first");
              const stored = await records.get("op");
              await records.put({ ...OPERATION, coordinator: "b" }, stored?.revision);
              await enter("second");
              stages.push("second");
              return { message: "", result: {} };
            },
          },
        },
        clock: () => 0,
        logger: silentLogger,
        isKept: async () => false,
        onChange: () => {},
        closing: new AbortController().signal,
      },
      { operation: OPERATION, revision },
    );
    await running.ended;
    expect(stages).toEqual(["first"]);
    expect((await records.get("op"))?.value).toMatchObject({ coordinator: "b", state: "running" });
  });
});
