/**
 * Configuration: `orrery.yaml` < environment < flags, one schema. The only file that reads `process.env`.
 *
 * A setting's environment name is `ORRERY_` + its path with `_` (`rpc.listen` is `ORRERY_RPC_LISTEN`); a
 * secret may also come from a file named by the same variable + `_FILE`. Unknown keys are errors; all
 * problems are reported at once; the result is frozen.
 */
import { existsSync } from "node:fs";
import { type FieldViolation, OrreryError } from "../errors.ts";
import { deepFreeze } from "../lib/deep-freeze.ts";
import { didYouMean } from "../lib/did-you-mean.ts";
import { explainIssue } from "./explain-issue.ts";
import { type Config, configSchema } from "./schema.ts";
import { settings } from "./settings.ts";
import { type Environment, type Report, readEnvironment, readFlags, readTree, setAt } from "./sources.ts";
import { hostPort } from "./values.ts";

export type { Config } from "./schema.ts";

const DEFAULT_FILE = "orrery.yaml";
export interface ConfigSources {
  /**
   * Path of orrery.yaml; undefined: `ORRERY_CONFIG`, else `orrery.yaml` in the working folder if there is
   * one.
   */
  readonly file?: string;
  readonly env?: Environment;
  /** Flags by path: `{ "rpc.listen": "0.0.0.0:50051" }`. */
  readonly flags?: Readonly<Record<string, string>>;
}

/** Throws CONFIG_INVALID naming every wrong setting and where it was set. */
export function loadConfig({ file, env = process.env, flags = {} }: ConfigSources = {}): Config {
  const problems: FieldViolation[] = [];
  const report: Report = (field, description) => problems.push({ field, description });
  const known = settings();

  const path = file ?? env.ORRERY_CONFIG ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
  const tree = path === undefined ? {} : readTree(path, report);
  const given = [...readEnvironment(env, known, report), ...readFlags(flags, known, report)];
  for (const { path, value } of given) setAt(tree, path.split("."), value);

  const parsed = configSchema.safeParse(tree, { error: explainIssue });
  for (const issue of parsed.error?.issues ?? []) {
    const field = issue.path.join(".");
    const source = given.findLast((one) => `${field}.`.startsWith(`${one.path}.`))?.source ?? path;
    const where = source === undefined ? "" : ` (${source})`;
    if (issue.code === "unrecognized_keys") {
      const prefix = field === "" ? "" : `${field}.`;
      const names = known
        .filter((setting) => setting.path.startsWith(prefix))
        .map((setting) => setting.path.slice(prefix.length).split(".", 1)[0] ?? "");
      for (const key of issue.keys) report(prefix + key, `unknown setting${didYouMean(key, names)}${where}`);
    } else {
      report(field, issue.message + where);
    }
  }
  if (parsed.success && problems.length === 0) return deepFreeze(parsed.data);
  const lines = problems.map(({ field, description }) => `\n  ${field}: ${description}`);
  throw new OrreryError("CONFIG_INVALID", `the configuration is not valid${lines.join("")}`, {
    details: { fields: problems },
  });
}

/**
 * The coordinator that the command line calls when no flag says another: `ORRERY_ADDRESS`, else the local
 * one.
 */
export function clientAddress(env: ConfigSources["env"] = process.env): string {
  return env.ORRERY_ADDRESS || "127.0.0.1:50051";
}

/** Why a client cannot connect to such an address; undefined when it can. */
export function problemOfAddress(address: string): string | undefined {
  return hostPort.safeParse(address).error?.issues[0]?.message;
}

/** What a user should know about a valid configuration, a sentence each. */
export function configNotes({ engine, etcd, embedded }: Config): readonly string[] {
  if (engine === "embedded") {
    return embedded.data === undefined
      ? ["embedded.data is not set: the data is in memory and gone at exit"]
      : [];
  }
  return etcd.endpoints.length === 0 ? ["etcd.endpoints is empty: run one coordinator only"] : [];
}
