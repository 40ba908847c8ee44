import fc from "fast-check";
import protobuf from "protobufjs/minimal.js";
import { expect, it } from "vitest";
import { partsOf } from "../../../../src/api/wire/answer-parts.ts";
import { AnswerWriter, writeItems } from "../../../../src/api/wire/answer-writer.ts";
import { MemoryBudget } from "../../../../src/lib/memory-budget.ts";
import { TurnQueue } from "../../../../src/lib/turns.ts";

const MB = 2 ** 20;
const write = (writer: protobuf.Writer, text: string) => void writer.uint32((1 << 3) | 2).string(text);

function answerOf(maxAnswerBytes: number, totalBytes = 64 * MB) {
  const budget = new MemoryBudget({
    totalBytes,
    accountBytes: totalBytes,
    refusal: (full) => new Error(full),
  });
  const memory = budget.open();
  return { answer: new AnswerWriter({ maxAnswerBytes, memory, turns: new TurnQueue() }), budget };
}

/** All in one, as protobufjs does it. */
function whole(texts: readonly string[]): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const text of texts) write(writer, text);
  return writer.finish();
}

it("an answer in pieces has the same bytes as one that is written whole", async () => {
  const anyText = fc.oneof(
    fc.string(),
    fc.nat({ max: 400_000 }).map((length) => "é".repeat(length)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(anyText, { maxLength: 20 }), async (texts) => {
      const { answer, budget } = answerOf(64 * MB);
      await writeItems(answer, texts, write);
      expect(Buffer.concat(partsOf(answer.finish())).equals(whole(texts))).toBe(true);
      expect(budget.heldBytes).toBe(0);
    }),
    { numRuns: 30 },
  );
});

it("a small answer is written at once, a large one in turns with other work", async () => {
  const { answer } = answerOf(64 * MB);
  expect(writeItems(answer, ["a", "b"], write)).toBeUndefined();
  const writing = writeItems(
    answer,
    Array.from({ length: 20 }, () => "x".repeat(MB)),
    write,
  );
  let turns = 0;
  let over = false;
  const count = () => {
    turns += 1;
    if (!over) setImmediate(count);
  };
  setImmediate(count);
  await writing;
  over = true;
  expect(turns).toBeGreaterThan(0);
});

it("an answer ends at the item that makes it too large, with the setting named", async () => {
  const { answer } = answerOf(3 * MB);
  let written = 0;
  const writing = async () =>
    writeItems(
      answer,
      Array.from({ length: 100 }, () => "x".repeat(MB)),
      (writer, text) => {
        written += 1;
        write(writer, text);
      },
    );
  await expect(writing()).rejects.toMatchObject({
    code: "TOO_LARGE",
    message: expect.stringMatching(/at most 3145728 .*rpc\.maxMessageBytes/),
  });
  expect(written).toBe(3);
});

it("an answer ends when there is no memory for its pieces", async () => {
  const { answer } = answerOf(64 * MB, 4 * MB);
  const writing = async () =>
    writeItems(
      answer,
      Array.from({ length: 20 }, () => "x".repeat(MB)),
      write,
    );
  await expect(writing()).rejects.toThrow("account");
});
