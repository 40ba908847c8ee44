import type { Config } from "../config/load.ts";
import type { Logger } from "../lib/logger.ts";
import type { Defer } from "../lib/releasers.ts";
import type { TurnQueue } from "../lib/turns.ts";

/** What every part of one running coordinator is given. Part of the composition root. */
export interface CoordinatorContext {
  readonly config: Config;
  /** Of this coordinator among the others; another one at each start. */
  readonly id: string;
  /** Of the program. */
  readonly version: string;
  readonly logger: Logger;
  readonly monotonicMs: () => number;
  /** Where what takes long waits for its turns. */
  readonly turns: TurnQueue;
  /** Says what the start does next. */
  readonly step: (what: string) => void;
  /** Takes how to close what was just opened. */
  readonly defer: Defer;
}
