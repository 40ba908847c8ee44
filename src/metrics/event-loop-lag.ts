/** How late the event loop is. */
import type { Registry } from "prom-client";
import { LATENCY_SECONDS } from "./buckets.ts";
import { addHistogram } from "./families.ts";

const EVERY_MS = 100;

/**
 * Observes how late a timer runs, ten times a second; does not keep the process alive. Returns the stop
 * function.
 */
export function observeEventLoopLag(registry: Registry, monotonicMs: () => number): () => void {
  const lag = addHistogram(registry, {
    name: "orrery_event_loop_lag_seconds",
    help: "How late a timer of 100 ms ran.",
    buckets: LATENCY_SECONDS,
  }).of();
  let dueMs = monotonicMs() + EVERY_MS;
  const timer = setInterval(() => {
    const nowMs = monotonicMs();
    lag.observe(Math.max(0, nowMs - dueMs) / 1000);
    dueMs = nowMs + EVERY_MS;
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
