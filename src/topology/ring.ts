/**
 * The hash ring is PostgreSQL's own: `hashtext(shard_key)` of a deterministic collation is `hash_bytes`
 * (Jenkins' lookup3, final version, as in src/common/hashfn.c) over the UTF-8 bytes, read as a signed 32-bit
 * integer. Citus places rows by it, and the fixed engines place theirs the same way.
 */
import type { Collection, HashRange, Shard } from "./shard-map.ts";

const INITIAL = 0x9e3779b9 + 3923095;

/** `hashtext(text)` of PostgreSQL as a signed 32-bit integer. Allocates only the UTF-8 bytes. */
export function hashText(text: string): number {
  return hashBytes(Buffer.from(text, "utf8"));
}

function rotate(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}

function hashBytes(bytes: Buffer): number {
  let remaining = bytes.length;
  let a = (INITIAL + remaining) | 0;
  let b = a;
  let c = a;
  let at = 0;
  while (remaining >= 12) {
    a = (a + bytes.readInt32LE(at)) | 0;
    b = (b + bytes.readInt32LE(at + 4)) | 0;
    c = (c + bytes.readInt32LE(at + 8)) | 0;
    a = (a - c) ^ rotate(c, 4);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 6);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 8);
    b = (b + a) | 0;
    a = (a - c) ^ rotate(c, 16);
    c = (c + b) | 0;
    b = (b - a) ^ rotate(a, 19);
    a = (a + c) | 0;
    c = (c - b) ^ rotate(b, 4);
    b = (b + a) | 0;
    at += 12;
    remaining -= 12;
  }
  // The lowest byte of c is reserved for the length, so bytes 8, 9 and 10 of the tail go one place up.
  const tail = (index: number, shift: number) => (index < remaining ? (bytes[at + index] ?? 0) << shift : 0);
  a = (a + tail(0, 0) + tail(1, 8) + tail(2, 16) + tail(3, 24)) | 0;
  b = (b + tail(4, 0) + tail(5, 8) + tail(6, 16) + tail(7, 24)) | 0;
  c = (c + tail(8, 8) + tail(9, 16) + tail(10, 24)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  return ((c ^ b) - rotate(b, 24)) | 0;
}

/**
 * The shard whose range holds `hash` (signed 32-bit). O(log shards). Throws RangeError on a map with a gap.
 */
export function shardAt(collection: Collection, hash: number): Shard {
  const { shards } = collection;
  let low = 0;
  let high = shards.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const shard = shards[middle] as Shard;
    if (hash < shard.min) high = middle - 1;
    else if (hash > shard.max) low = middle + 1;
    else return shard;
  }
  throw new RangeError(`no shard of collection ${collection.name} covers hash ${hash}`);
}

/** All shards that share at least one hash with `range`, in ring order. */
export function shardsCovering(collection: Collection, range: HashRange): readonly Shard[] {
  return collection.shards.filter((shard) => shard.max >= range.min && shard.min <= range.max);
}

/**
 * The shard key of a namespace. Namespaces are not partitioned, so it is the namespace itself. Names hold no
 * control characters, so a separator could be added.
 */
export function shardKeyOf(namespace: string): string {
  return namespace;
}

/**
 * What has a share of a node's connections as one: a namespace of the collection, or, without a shard key,
 * what asks all of them.
 */
export function flowOf({ id }: Collection, shardKey = ""): string {
  return `${id}/${shardKey}`;
}
