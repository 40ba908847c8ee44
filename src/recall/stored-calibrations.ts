/** The calibrations that leaders have stored, read in the background, so that no request waits for them. */
import type { Calibrations, StoredCalibration } from "../engines/engine.ts";
import { isOrreryError, OrreryError } from "../errors.ts";
import type { Logger } from "../lib/logger.ts";
import { createOutageLog } from "../lib/outage-log.ts";
import { runWithin } from "../lib/time-limit.ts";
import type { RecallModel, WantedRecall } from "../query/plan/recall-settings.ts";
import { FAN_OUT_CLASSES } from "./classes.ts";
import { type Calibration, decodeMeasured } from "./measured.ts";
import { createRecallModel } from "./recall-model.ts";

export interface StoredCalibrationsOptions {
  readonly stored: Pick<Calibrations, "read">;
  readonly intervalMs: number;
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
}

/** By what was read last; assumed values before the first reading. */
export interface CalibratedRecall extends RecallModel {
  calibrations(): readonly Calibration[];
  /** Reads them now. Throws what kept it from it; what is known is kept. */
  read(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

const READ_TIMEOUT_MS = 10_000;

/** Reads at once and then every `intervalMs`. */
export function startCalibratedRecall(options: StoredCalibrationsOptions): CalibratedRecall {
  const { stored, intervalMs, logger, monotonicMs } = options;
  const closing = new AbortController();
  const outage = createOutageLog(logger, "read the calibrations of recall", monotonicMs);
  let calibrations: readonly Calibration[] = [];
  let model = createRecallModel(calibrations);
  let reading: Promise<void> | undefined;

  const read = async (signal: AbortSignal) => {
    const reason = () => new OrreryError("NODE_UNAVAILABLE", "no calibrations of recall in time");
    const rows = await runWithin({ ms: READ_TIMEOUT_MS, reason, signal }, (limited) => stored.read(limited));
    calibrations = decodeCalibrations(rows);
    model = createRecallModel(calibrations);
  };
  const readSoon = () => {
    reading ??= read(closing.signal)
      .then(outage.worked, (error: unknown) => {
        // An older schema keeps none.
        if (closing.signal.aborted || isOrreryError(error, "NODE_NOT_MIGRATED")) return;
        outage.failed(error);
      })
      .finally(() => {
        reading = undefined;
      });
  };
  const timer = setInterval(readSoon, intervalMs);
  readSoon();
  return {
    settingsFor: (wanted: WantedRecall) => model.settingsFor(wanted),
    calibrations: () => calibrations,
    read,
    async close() {
      clearInterval(timer);
      closing.abort(new OrreryError("SHUTTING_DOWN", "this coordinator is shutting down"));
      await reading;
    },
  };
}

/** Without what another version of the program has written, and this one cannot read. */
export function decodeCalibrations(rows: readonly StoredCalibration[]): readonly Calibration[] {
  return rows.flatMap(({ measured: json, ...row }) => {
    const measured = decodeMeasured(json);
    const fanOut = FAN_OUT_CLASSES.find((known) => known === row.fanOut);
    return measured === undefined || fanOut === undefined ? [] : [{ ...row, fanOut, measured }];
  });
}
