import { expect } from "vitest";

/** What a CallError of this reason (ErrorInfo's, as in `NODE_UNFIT`) and message matches. */
export function failure(reason: string, message: RegExp): object {
  return { failure: { reason, message: expect.stringMatching(message) } };
}
