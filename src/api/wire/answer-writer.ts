/**
 * Writes an answer item by item, in pieces. protobufjs keeps a small object for each number and text until a
 * message is finished, many times its size for lists of numbers, so a large answer is finished piece by
 * piece; others get their turn in between. It ends at the item that makes it too large.
 */
import protobuf, { type Writer } from "protobufjs/minimal.js";
import { answerTooLarge } from "../../errors.ts";
import type { MemoryAccount } from "../../lib/memory-budget.ts";
import type { TurnQueue } from "../../lib/turns.ts";
import { type Answer, joinParts } from "./answer-parts.ts";

const PIECE_BYTES = 256 * 1024;

/** What an answer may take; the part of a call that is needed here. */
export interface AnswerLimits {
  readonly maxAnswerBytes: number;
  /** What the pieces are counted in, until the answer is whole; who sends it counts that. */
  readonly memory: MemoryAccount;
  /** Where large answers wait for their turns. */
  readonly turns: TurnQueue;
}

export class AnswerWriter {
  /** For what comes next; another one after `endItem`. */
  writer: Writer = protobuf.Writer.create();
  readonly turns: TurnQueue;
  readonly #limits: AnswerLimits;
  readonly #pieces: Buffer[] = [];
  #finishedBytes = 0;

  constructor(limits: AnswerLimits) {
    this.#limits = limits;
    this.turns = limits.turns;
  }

  /**
   * To be called after each field of the answer. True when a piece was finished. Throws TOO_LARGE, or the
   * account's error.
   */
  endItem(): boolean {
    const { maxAnswerBytes } = this.#limits;
    const bytes = this.#finishedBytes + this.writer.len;
    if (bytes > maxAnswerBytes) throw answerTooLarge(bytes, maxAnswerBytes);
    if (this.writer.len < PIECE_BYTES) return false;
    const refused = this.#limits.memory.take(this.writer.len);
    if (refused !== undefined) throw refused;
    this.#finishedBytes = bytes;
    // Under Node, protobufjs's writers finish with a Buffer.
    this.#pieces.push(this.writer.finish() as Buffer);
    this.writer = protobuf.Writer.create();
    return true;
  }

  /** Throws as `endItem`. */
  finish(): Answer {
    this.endItem();
    const last = this.writer.finish() as Buffer;
    this.#limits.memory.giveBack(this.#finishedBytes);
    return joinParts([...this.#pieces, last]);
  }
}

/** Writes one item as a field of the answer. */
type WriteItem<T> = (writer: Writer, item: T) => void;

/** Undefined when all could be written at once: quickly, and in one piece. */
export function writeItems<T>(
  answer: AnswerWriter,
  items: readonly T[],
  write: WriteItem<T>,
): Promise<void> | undefined {
  const turns = answer.turns.begin();
  for (const [index, item] of items.entries()) {
    write(answer.writer, item);
    if (answer.endItem() || turns.isOver()) return writeInTurns(answer, items.slice(index + 1), write);
  }
  return undefined;
}

async function writeInTurns<T>(
  answer: AnswerWriter,
  items: readonly T[],
  write: WriteItem<T>,
): Promise<void> {
  const turns = answer.turns.begin();
  await turns.next();
  for (const item of items) {
    write(answer.writer, item);
    answer.endItem();
    if (turns.isOver()) await turns.next();
  }
}
