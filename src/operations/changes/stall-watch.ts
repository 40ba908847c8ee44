/** Notices that a long statement makes no progress, and why. */
import type { PlacementChanges, StatementReading } from "../../engines/placement-changes.ts";
import { isOrreryError, OrreryError } from "../../errors.ts";
import { pause } from "../../lib/pause.ts";
import type { JobContext } from "../job.ts";

const LONGEST_INTERVAL_MS = 5_000;
const NOT_BEGUN: StatementReading = { marks: [], obstacles: ["its statement has not begun"] };
/** From then on the operation says what is in the way; sooner where the limit is short. */
const SAID_AFTER_MS = 30_000;

export interface StallOptions {
  readonly session: string;
  /** Without progress for so long, the statement is to be ended. */
  readonly limitMs: number;
}

export interface StallWatch {
  /** OPERATION_STALLED once the statement is to be ended; undefined until then. */
  readonly stalled: () => OrreryError | undefined;
  /** Resolves after the signal has aborted. */
  readonly ended: Promise<void>;
}

/**
 * Reads how far the statement is until `signal` aborts. Counts readings and not the time between two, so that
 * a coordinator that was frozen ends nothing when it thaws.
 */
export function watchStall(
  changes: Pick<PlacementChanges, "readStatement">,
  { session, limitMs }: StallOptions,
  { signal, report }: Pick<JobContext, "signal" | "report">,
): StallWatch {
  const intervalMs = Math.min(LONGEST_INTERVAL_MS, Math.max(1, Math.floor(limitMs / 10)));
  let stalled: OrreryError | undefined;
  const run = async () => {
    const standstill = new Standstill();
    for (let said = ""; ; ) {
      // First, so that a short statement is not read at all.
      await pause(intervalMs, signal);
      if (signal.aborted) return;
      standstill.note(await read(changes, session, signal));
      if (signal.aborted) return;
      const forMs = standstill.readings * intervalMs;
      if (forMs >= limitMs) {
        const seconds = Math.round(forMs / 1_000);
        stalled = new OrreryError("OPERATION_STALLED", `no progress for ${seconds} s${standstill.why()}`);
        return;
      }
      const message = forMs >= Math.min(SAID_AFTER_MS, limitMs / 2) ? `no progress${standstill.why()}` : "";
      // Numbers that only grow are not news: the record of an operation that is stuck stops changing.
      if (withoutNumbers(message) !== withoutNumbers(said)) {
        report({ message });
        said = message;
      }
    }
  };
  const ended = run();
  // Thrown to whoever waits for it.
  ended.catch(() => {});
  return { stalled: () => stalled, ended };
}

/**
 * undefined: nobody may see how far it is, and then it is not ended. A statement that does not begin makes no
 * progress, nor does a node that is away.
 */
async function read(
  changes: Pick<PlacementChanges, "readStatement">,
  session: string,
  signal: AbortSignal,
): Promise<StatementReading | undefined> {
  try {
    return (await changes.readStatement(session, signal)) ?? NOT_BEGUN;
  } catch (error) {
    if (signal.aborted) return undefined;
    if (!isOrreryError(error)) throw error;
    return error.code === "NODE_UNAVAILABLE" ? { marks: [], obstacles: [error.message] } : undefined;
  }
}

function withoutNumbers(text: string): string {
  return text.replaceAll(/\d+/g, "#");
}

/** How many readings in a row had no mark that was new. */
class Standstill {
  readonly #seen = new Set<string>();
  #obstacles: readonly string[] = [];
  #readings = 0;

  get readings(): number {
    return this.#readings;
  }

  note(reading: StatementReading | undefined): void {
    const marks = reading?.marks ?? [];
    const fresh = marks.filter((mark) => !this.#seen.has(mark));
    this.#readings = fresh.length > 0 || reading === undefined ? 0 : this.#readings + 1;
    this.#obstacles = reading?.obstacles ?? [];
    // Of every table, slot and build only the last mark can be seen again.
    if (fresh.length > 0) this.#seen.clear();
    for (const mark of marks) this.#seen.add(mark);
  }

  why(): string {
    return this.#obstacles.length === 0 ? "" : `: ${this.#obstacles.join("; ")}`;
  }
}
