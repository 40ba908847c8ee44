import type { MemoryAccount } from "../../lib/memory-budget.ts";
import type { TurnQueue } from "../../lib/turns.ts";
import type { RequestContext } from "../../query/types.ts";
import type { Caller } from "../requests/change.ts";
import type { EncodableStatus } from "../wire/status.ts";

/** What a method gets beside its request, whatever the transport. */
export interface Call extends RequestContext {
  readonly caller: Caller;
  readonly memory: MemoryAccount;
  /** Where what takes long waits for its turns, of all calls. */
  readonly turns: TurnQueue;
  readonly maxAnswerBytes: number;
  /** The status that the client gets for an error; logs it when it is our own fault. */
  readonly statusOf: (error: unknown) => EncodableStatus;
}
