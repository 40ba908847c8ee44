import { Command } from "commander";
import { type Config, configNotes, loadConfig } from "../config/load.ts";
import { renderConfig } from "../config/secrets.ts";
import { configJsonSchema } from "../config/settings.ts";
import { type CliContext, group } from "./context.ts";
import { UsageError } from "./exit.ts";

interface ConfigOptions {
  readonly config?: string;
  readonly set?: Readonly<Record<string, string>>;
}

/**
 * A command that works on the configuration; its action gets it loaded. Throws CONFIG_INVALID before the
 * action.
 */
export function configured(
  context: CliContext,
  name: string,
  description: string,
  run: (config: Config, command: Command) => Promise<void> | void,
): Command {
  return new Command(name)
    .description(description)
    .option("--config <file>", "the configuration file; default: ORRERY_CONFIG, else orrery.yaml")
    .option("--set <path=value>", "a setting, such as pool.max=20; may be repeated", collectSetting)
    .action(({ config, set }: ConfigOptions, command: Command) =>
      run(loadConfig({ file: config, env: context.env, flags: set }), command),
    );
}

function collectSetting(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const at = text.indexOf("=");
  if (at < 1) throw new UsageError(`--set ${text}: must be path=value`);
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** `check` throws CONFIG_INVALID for what the schema cannot judge. */
export function configCommand(context: CliContext, check: (config: Config) => void): Command {
  return group("config", "the configuration: file < environment < --set", [
    configured(context, "check", "say what is wrong; exit code 4 when something is", (config) => {
      check(config);
      for (const note of configNotes(config)) context.stdout.write(`note: ${note}\n`);
      context.stdout.write("the configuration is valid\n");
    }),
    configured(context, "print", "the result as YAML, without passwords", (config) => {
      context.stdout.write(renderConfig(config));
    }),
    new Command("schema").description("the JSON schema of orrery.yaml").action(() => {
      context.stdout.write(`${JSON.stringify(configJsonSchema(), null, 2)}\n`);
    }),
  ]);
}
