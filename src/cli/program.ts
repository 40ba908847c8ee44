/** The command line: all commands, and how one run of it ends. */
import { Command, Option } from "commander";
import { type Config, clientAddress } from "../config/load.ts";
import type { ClusterFacts } from "../doctor/cluster-facts.ts";
import { packageVersion } from "../lib/package-root.ts";
import { collectionsCommand } from "./collections.ts";
import { completionCommand } from "./completion.ts";
import { configCommand, configured } from "./config.ts";
import type { CliContext } from "./context.ts";
import { doctorCommand } from "./doctor.ts";
import { reportError } from "./exit.ts";
import { exportCommand } from "./export.ts";
import { importCommand } from "./import.ts";
import { mapCommand } from "./map.ts";
import { namespacesCommand } from "./namespaces.ts";
import { nodesCommand } from "./nodes.ts";
import { operationsCommand } from "./operations.ts";
import { rebalanceCommand } from "./rebalance.ts";
import { recallCommand } from "./recall.ts";
import { deleteCommand, getCommand, upsertCommand } from "./records.ts";
import { searchCommand } from "./search.ts";
import { shardsCommand } from "./shards.ts";

/** What runs in this process instead of calling a coordinator. */
export interface LocalActions {
  /** Runs a coordinator until it is asked to stop. */
  serve(config: Config): Promise<void>;
  /** The same with the sample loaded and a few searches printed; with `once` it stops after these. */
  dev(config: Config, options: { readonly once: boolean }): Promise<void>;
  /** Brings the schema of every node up to date; returns what was applied, a sentence each. */
  migrate(config: Config): Promise<readonly string[]>;
  inspect(config: Config): Promise<ClusterFacts>;
  /** Throws CONFIG_INVALID for what `serve` would refuse although the schema does not. */
  check(config: Config): void;
}

/** Runs one command line (without the program's own name) and returns the exit code. Never throws. */
export async function runProgram(
  args: readonly string[],
  context: CliContext,
  local: LocalActions,
): Promise<number> {
  const program = createProgram(context, local);
  for (const command of withDescendants(program)) {
    command
      .exitOverride()
      .configureHelp({ showGlobalOptions: true })
      .configureOutput({
        writeOut: (text) => context.stdout.write(text),
        writeErr: (text) => context.stderr.write(text),
      });
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    return reportError(error, context.stderr);
  }
}

/** All commands, without having run one. */
export function createProgram(context: CliContext, local: LocalActions): Command {
  const program = new Command("orrery")
    .description("Vector search on PostgreSQL that grows past one machine")
    .version(packageVersion())
    .addOption(
      new Option("-a, --address <host:port>", "the coordinator to call, or ORRERY_ADDRESS").default(
        clientAddress(context.env),
      ),
    )
    .addOption(
      new Option("-o, --output <format>", "how data is printed").choices(["table", "json"]).default("table"),
    );
  const commands = [
    configured(context, "serve", "run a coordinator", local.serve),
    configured(
      context,
      "dev",
      "run a coordinator with the sample loaded, and show searches",
      (config, command) => local.dev(config, { once: command.opts().once ?? false }),
    ).option("--once", "stop after the searches"),
    configured(
      context,
      "migrate",
      "bring the schema of every node up to date; safe to repeat",
      async (config) => {
        const applied = await local.migrate(config);
        for (const line of applied.length > 0 ? applied : ["nothing to apply"])
          context.stdout.write(`${line}\n`);
      },
    ),
    configCommand(context, local.check),
    doctorCommand(context, local.inspect),
    searchCommand(context),
    recallCommand(context),
    getCommand(context),
    upsertCommand(context),
    deleteCommand(context),
    importCommand(context),
    exportCommand(context),
    collectionsCommand(context),
    namespacesCommand(context),
    nodesCommand(context),
    shardsCommand(context),
    mapCommand(context),
    rebalanceCommand(context),
    operationsCommand(context),
    completionCommand(context),
  ];
  for (const command of commands) program.addCommand(command);
  return program;
}

function withDescendants(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withDescendants)];
}
