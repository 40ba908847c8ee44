/** Reads words.bin: frequent English words with their vectors. */
import { readFileSync } from "node:fs";

export interface Word {
  readonly word: string;
  readonly vector: Float32Array;
}

/** The most frequent word first. Format, little-endian: see make.mjs. */
export function* readWords(path: string): Generator<Word> {
  const bytes = readFileSync(path);
  const count = bytes.readUInt32LE(0);
  const dimension = bytes.readUInt32LE(4);
  const textLength = bytes.readUInt32LE(8);
  const words = bytes.toString("latin1", 12, 12 + textLength).split("\n");
  let at = 12 + textLength;
  for (const word of words.slice(0, count)) {
    const vector = new Float32Array(dimension);
    for (let i = 0; i < dimension; i++, at += 4) vector[i] = bytes.readFloatLE(at);
    yield { word, vector };
  }
}
