import type { Writer } from "protobufjs/minimal.js";
import { type StructFields, writeStruct } from "./struct.ts";
import { writeVector } from "./vector.ts";

/** What Hit and Record share, with the number of the field in each. */
interface StoredFields {
  readonly value?: string | undefined;
  readonly metadata?: string | undefined;
  readonly tags?: readonly string[];
  readonly vector?: Float32Array;
}

export interface StoredFieldNumbers {
  readonly value: number;
  readonly metadata: number;
  readonly tags: number;
  readonly vector: number;
}

/**
 * Writes the fields that were asked for and that the record has. Metadata is JSON text as PostgreSQL keeps it
 * and its numbers become doubles: those written through Orrery come back as they were, one written by other
 * means with more digits comes back as the nearest double.
 */
export function writeStoredFields(writer: Writer, numbers: StoredFieldNumbers, stored: StoredFields): void {
  const { value, metadata, tags, vector } = stored;
  if (value !== undefined) writer.uint32((numbers.value << 3) | 2).string(value);
  if (metadata !== undefined) {
    writeStruct(
      writer.uint32((numbers.metadata << 3) | 2).fork(),
      JSON.parse(metadata) as StructFields,
    ).ldelim();
  }
  if (tags !== undefined) for (const tag of tags) writer.uint32((numbers.tags << 3) | 2).string(tag);
  if (vector !== undefined) writeVector(writer.uint32((numbers.vector << 3) | 2).fork(), vector).ldelim();
}
