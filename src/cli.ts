/** The command line with what runs in this process: the only part of it that knows the coordinator. */
import type { CliContext } from "./cli/context.ts";
import { runDev } from "./cli/dev.ts";
import { exitOnUncaught, stopRequested } from "./cli/process-life.ts";
import { runProgram } from "./cli/program.ts";
import type { Config } from "./config/load.ts";
import { secretsOf } from "./config/secrets.ts";
import { checkConfig } from "./coordinator/check-config.ts";
import { type Coordinator, startCoordinator } from "./coordinator/coordinator.ts";
import { migrateCluster } from "./coordinator/migrate-cluster.ts";
import { inspectCluster } from "./doctor/inspect-cluster.ts";
import { createLogger } from "./lib/create-logger.ts";
import type { Logger } from "./lib/logger.ts";
import type { Trailers } from "./lib/prompt-trailers.ts";

/** Runs one command line (without the program's own name) and returns the exit code. Never throws. */
export function runCli(args: readonly string[], context: CliContext, trailers: Trailers): Promise<number> {
  const loggerFor = (config: Config) =>
    createLogger({ level: config.log.level, secrets: secretsOf(config) }, context.stderr);
  const serveWith: typeof serve = (config, ...rest) => {
    trailers.sendPromptly(config.rpc.promptTrailers);
    return serve(config, ...rest);
  };
  return runProgram(args, context, {
    serve: (config) => serveWith(config, loggerFor(config)),
    dev: (config, { once }) =>
      serveWith(config, loggerFor(config), async ({ address }, stopped) => {
        await Promise.race([runDev({ address, stdout: context.stdout, stays: !once }), stopped]);
        if (!once) await stopped;
      }),
    migrate: (config) => migrateCluster(config, loggerFor(config)),
    inspect: (config) => inspectCluster(config, loggerFor(config)),
    check: checkConfig,
  });
}

/** Runs a coordinator until `work` is done: by default, until the process is asked to stop. */
async function serve(
  config: Config,
  logger: Logger,
  work: (coordinator: Coordinator, stopped: Promise<void>) => Promise<void> = (_, stopped) => stopped,
): Promise<void> {
  exitOnUncaught(logger);
  const stopped = stopRequested(logger);
  const coordinator = await startCoordinator(config, logger);
  try {
    await work(coordinator, stopped);
  } finally {
    await coordinator.stop();
  }
}
