import { Readable } from "node:stream";
import { expect, it } from "vitest";
import { readLines } from "../../../src/cli/read-lines.ts";

async function linesOf(chunks: readonly (Buffer | string)[], longestBytes?: number): Promise<string[]> {
  const lines: string[] = [];
  for await (const { text } of readLines(Readable.from(chunks), longestBytes)) lines.push(text);
  return lines;
}

it("a line ends at a line feed alone, not at what Unicode or a terminal takes for an end", async () => {
  const inside = "a\u2028b\u2029c\u0085d\re\vf\fg\u001eh";
  expect(await linesOf([`${inside}\nx\r\n\n\r\r\ny`])).toEqual([inside, "x", "", "\r", "y"]);
});

it("the bytes of one character may come in different chunks, and so may an end", async () => {
  const bytes = Buffer.from("grün 𝄞\r\nzwei\n");
  expect(await linesOf([...bytes].map((byte) => Buffer.from([byte])))).toEqual(["grün 𝄞", "zwei"]);
});

it("a byte order mark is skipped at the start and kept elsewhere", async () => {
  expect(await linesOf([Buffer.from("\uFEFFa\n\uFEFFb\n")])).toEqual(["a", "\uFEFFb"]);
  expect(await linesOf(["\uFEFF"])).toEqual([""]);
});

it("names the line that is not UTF-8", async () => {
  const latin1 = Buffer.concat([Buffer.from("fine\n"), Buffer.from("grün\n", "latin1")]);
  await expect(linesOf([latin1])).rejects.toThrow("line 2: is not UTF-8");
  await expect(linesOf([Buffer.from("cut off: 𝄞").subarray(0, -1)])).rejects.toThrow("line 1: is not UTF-8");
  // A surrogate written as if it were a character, and a character longer than it need be.
  await expect(linesOf([Buffer.from([0xed, 0xa0, 0x80])])).rejects.toThrow("line 1: is not UTF-8");
  await expect(linesOf([Buffer.from([0xc0, 0x80])])).rejects.toThrow("line 1: is not UTF-8");
  await expect(linesOf([Buffer.from("\uFEFFwide\n", "utf16le")])).rejects.toThrow("line 1: is not UTF-8");
});

it("names the line that is longer than the limit, and the limit, before it has read all of it", async () => {
  let given = 0;
  async function* endless() {
    yield "short\n";
    for (;;) {
      given += 1;
      yield Buffer.alloc(1000, "x");
    }
  }
  const read = async () => {
    for await (const _ of readLines(endless(), 5000));
  };
  await expect(read()).rejects.toThrow("line 2: is longer than 5000 bytes, the limit of one line");
  expect(given).toBe(6);
  expect(await linesOf(["x".repeat(5000), "\n"], 5000)).toHaveLength(1);
});
