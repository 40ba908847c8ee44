/** The logger of the process: pino, one JSON object a line. */
import { type DestinationStream, pino } from "pino";
import type { Logger } from "./logger.ts";
import { createRedactor } from "./redact.ts";

export interface LoggerOptions {
  /** Least level logged; `silent` logs nothing. */
  readonly level: string;
  /** Texts that must never appear, in addition to the passwords of URLs. */
  readonly secrets?: readonly string[];
}

/**
 * Logs to standard error by default. Lines are written before the call returns, so none is lost at exit.
 */
export function createLogger(
  { level, secrets = [] }: LoggerOptions,
  out: DestinationStream = process.stderr,
): Logger {
  const redact = createRedactor(secrets);
  // JSON escapes some characters, so the test of the whole line needs secrets in that form too.
  const redactLine = createRedactor([
    ...secrets,
    ...secrets.map((secret) => JSON.stringify(secret).slice(1, -1)),
  ]);
  const masked = (line: string) =>
    redactLine(line) === line
      ? line
      : `${JSON.stringify(JSON.parse(line), (_, value) => (typeof value === "string" ? redact(value) : value))}\n`;
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (line) => out.write(masked(line)) },
  );
}
