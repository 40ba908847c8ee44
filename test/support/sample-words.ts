/** The shipped sample as test records: real vectors, very unequal namespaces. */
import { join } from "node:path";
import { readWords } from "../../examples/words/read-words.ts";
import { packageRoot } from "../../src/lib/package-root.ts";

export interface WordRecord {
  readonly namespace: string;
  readonly key: string;
  readonly vector: Float32Array;
}

/** The `count` most frequent words, in namespaces by first letter. */
export function sampleWords(count: number): readonly WordRecord[] {
  const words = readWords(join(packageRoot(), "examples/words/words.bin"));
  return Array.from(words, ({ word, vector }) => ({ namespace: word.charAt(0), key: word, vector })).slice(
    0,
    count,
  );
}
