/** A large answer as its parts, in order: to copy it into one buffer would keep others waiting. */
export class AnswerParts {
  readonly parts: readonly Buffer[];
  /** In bytes, of all parts. */
  readonly length: number;

  constructor(parts: readonly Buffer[]) {
    this.parts = parts;
    this.length = parts.reduce((sum, part) => sum + part.length, 0);
  }

  toBuffer(): Buffer {
    return Buffer.concat(this.parts, this.length);
  }
}

/** The bytes of an answer. */
export type Answer = Buffer | AnswerParts;

export function isAnswer(value: object): value is Answer {
  return Buffer.isBuffer(value) || value instanceof AnswerParts;
}

export function partsOf(answer: Answer): readonly Buffer[] {
  return Buffer.isBuffer(answer) ? [answer] : answer.parts;
}

/** One buffer as it is. */
export function joinParts(parts: readonly Buffer[]): Answer {
  const [only] = parts;
  return only !== undefined && parts.length === 1 ? only : new AnswerParts(parts);
}
