import { answerTooLarge, isOrreryError, OrreryError } from "../../errors.ts";
import type { Answer } from "../wire/answer-parts.ts";
import type { Call } from "./call.ts";

/** Tags and lengths around an answer inside the batch's, at most. */
const FRAME_BYTES = 12;

/** The answer of a batch as its searches fill it: those that are done first get what room there is. */
export class BatchAnswer {
  readonly #call: Call;
  #bytes = 0;

  constructor(call: Call) {
    this.#call = call;
  }

  /**
   * Runs one search with the room that is left, and counts its answer. What the search held besides is given
   * back. Throws TOO_LARGE when there is no room for the answer.
   */
  async run(search: (call: Call) => Promise<Answer>): Promise<Answer> {
    const { maxAnswerBytes, memory: whole } = this.#call;
    const left = maxAnswerBytes - this.#bytes;
    const memory = whole.part();
    try {
      const answer = await search({ ...this.#call, maxAnswerBytes: left, memory });
      const bytes = this.#bytes + answer.length + FRAME_BYTES;
      // Searches beside it may have ended before.
      if (bytes > maxAnswerBytes) throw answerTooLarge(answer.length, maxAnswerBytes - this.#bytes);
      const refused = whole.take(answer.length);
      if (refused !== undefined) throw refused;
      this.#bytes = bytes;
      return answer;
    } catch (error) {
      throw left === maxAnswerBytes ? error : namingBatch(error);
    } finally {
      memory.close();
    }
  }
}

function namingBatch(error: unknown): unknown {
  if (!isOrreryError(error, "TOO_LARGE")) return error;
  return new OrreryError("TOO_LARGE", `beside the other answers of the batch, ${error.message}`, {
    cause: error,
    details: error.details,
  });
}
