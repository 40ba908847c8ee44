import type { CliContext } from "./context.ts";

export interface Progress {
  update(text: string): void;
  /** Leaves the terminal clean for what comes next. */
  end(): void;
}

/** One line on standard error that is written over; nothing when that is no terminal. */
export function createProgress({ stderr }: Pick<CliContext, "stderr">): Progress {
  const write = (text: string) => {
    if (stderr.isTTY) stderr.write(`\r\u001b[K${text}`);
  };
  return { update: write, end: () => write("") };
}
