import { setTimeout as wait } from "node:timers/promises";
import { CallError } from "../client/call-error.ts";

const ATTEMPTS = 10;
const LONGEST_WAIT_MS = 5_000;

/**
 * Makes a call again, some times, while the service asks for that: it has too much to do, or too little
 * memory.
 */
export async function retryReads<T>(call: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (attempt === ATTEMPTS || !(error instanceof CallError)) throw error;
      const { status, retryDelayMs } = error.failure;
      if (status !== "RESOURCE_EXHAUSTED" || retryDelayMs === undefined) throw error;
      const backOffMs = Math.min(retryDelayMs * 2 ** (attempt - 1), LONGEST_WAIT_MS);
      await wait(backOffMs * (0.5 + Math.random() / 2));
    }
  }
}
