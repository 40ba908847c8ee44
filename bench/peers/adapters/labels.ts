/** Numbers for keys, for indexes that know numbers only. */
import type { TopicRecord } from "../../../test/support/topics.ts";

type Attributes = Pick<TopicRecord, "key" | "chance" | "topic">;

export interface Labels {
  /** Of a key that it knows the same as before; its attributes are those of the newest record. */
  of(record: TopicRecord): number;
  /** Throws on a number that it did not give. */
  keyOf(label: number): string;
  attributes(label: number): Attributes;
}

export function createLabels(): Labels {
  const byLabel: Attributes[] = [];
  const byKey = new Map<string, number>();
  const attributes = (label: number) => {
    const known = byLabel[label];
    if (known === undefined) throw new RangeError(`no record ${label}`);
    return known;
  };
  return {
    of({ key, chance, topic }) {
      const label = byKey.get(key) ?? byLabel.length;
      byKey.set(key, label);
      byLabel[label] = { key, chance, topic };
      return label;
    },
    keyOf: (label) => attributes(label).key,
    attributes,
  };
}
