/**
 * Moves of a record that are too many for it: cut into parts, which the record names. A part's name holds the
 * digest of its text, so a part that has not changed is not written again, and one that has changed never
 * takes the place of what another writer's record refers to.
 */
import { createHash } from "node:crypto";
import { OrreryError } from "../errors.ts";
import type { MoveProgress, Operation } from "./types.ts";

/** A record with fewer moves holds them itself. */
const MOVES_PER_PART = 16;
const DIGEST_LENGTH = 8;

interface Part {
  readonly name: string;
  readonly text: string;
}

/** The text of a record, and of all its parts by name. */
export interface EncodedRecord {
  readonly json: string;
  readonly parts: ReadonlyMap<string, string>;
}

/** Keeps the texts of parts whose moves are the same objects as before. */
export function createRecordEncoder(): (operation: Operation) => EncodedRecord {
  const known = new WeakMap<MoveProgress, { readonly moves: readonly MoveProgress[]; readonly part: Part }>();

  const encodePart = (moves: readonly MoveProgress[], index: number): Part => {
    const [first] = moves;
    const before = first && known.get(first);
    if (before?.moves.length === moves.length && before.moves.every((move, at) => move === moves[at])) {
      return before.part;
    }
    const text = JSON.stringify(moves);
    const digest = createHash("sha256").update(text).digest("base64url").slice(0, DIGEST_LENGTH);
    const part = { name: `${index}-${digest}`, text };
    if (first !== undefined) known.set(first, { moves, part });
    return part;
  };

  return (operation) => {
    const { moves, ...rest } = operation;
    if (moves === undefined || moves.length <= MOVES_PER_PART) {
      return { json: JSON.stringify(operation), parts: new Map() };
    }
    const parts: Part[] = [];
    for (let from = 0; from < moves.length; from += MOVES_PER_PART) {
      parts.push(encodePart(moves.slice(from, from + MOVES_PER_PART), parts.length));
    }
    return {
      json: JSON.stringify({ ...rest, movesIn: parts.map(({ name }) => name) }),
      parts: new Map(parts.map(({ name, text }) => [name, text])),
    };
  };
}

/** With its moves. Throws OPERATION_UNREADABLE when a part is not there or damaged. Pure. */
export function withMoves(head: Operation, parts: ReadonlyMap<string, string>): Operation {
  const { movesIn, ...rest } = head;
  if (movesIn === undefined) return head;
  try {
    const moves = movesIn.flatMap((name) => JSON.parse(parts.get(name) ?? "") as readonly MoveProgress[]);
    return { ...rest, moves };
  } catch (cause) {
    throw new OrreryError("OPERATION_UNREADABLE", `operation ${head.id} cannot be read: moves are missing`, {
      cause,
      details: { metadata: { operation: head.id } },
    });
  }
}
