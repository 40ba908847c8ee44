import { expect, it } from "vitest";
import { OrreryError } from "../../../src/errors.ts";
import { type JobProgress, repeatStep } from "../../../src/operations/job.ts";

/** Fails so often before it is done; says what the operation's message was during each attempt and after. */
async function messagesWhile(failures: number, repetitions: number) {
  let message = "";
  const during: string[] = [];
  let left = failures;
  const step = async () => {
    during.push(message);
    left -= 1;
    if (left >= 0) throw new OrreryError("NODE_UNAVAILABLE", "node n1 is away");
    return "done";
  };
  const report = (progress: JobProgress) => {
    message = progress.message ?? message;
    if (message !== "") during.push(message);
  };
  const context = { signal: new AbortController().signal, report };
  const end = await repeatStep(step, context, repetitions).catch((error: Error) => error.message);
  return { end, during, after: message };
}

it("a step says that it will be tried again while it waits for that, and no longer once it is", async () => {
  const said = "will try again: node n1 is away";
  expect(await messagesWhile(1, 1)).toEqual({ end: "done", during: ["", said, ""], after: "" });
});

it("a step that has failed for good does not say that it will be tried again", async () => {
  const said = "will try again: node n1 is away";
  expect(await messagesWhile(2, 1)).toEqual({ end: "node n1 is away", during: ["", said, ""], after: "" });
});
