#!/usr/bin/env node
/** The program `orrery`. */
import { loadHttp2 } from "./lib/prompt-trailers.ts";

const trailers = loadHttp2(); // before gRPC does
const { runCli } = await import("./cli.ts");

const { stdin, stdout, stderr } = process;
stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0); // `orrery export | head` has read enough
  throw error;
});
process.exitCode = await runCli(process.argv.slice(2), { stdin, stdout, stderr }, trailers);
// By now everything is closed or has failed to close; the rest must not keep the process alive.
setTimeout(() => process.exit(), 1000).unref();
