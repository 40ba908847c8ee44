/**
 * Configuration: `orrery.yaml` < environment < flags, one schema. The only file that reads `process.env`.
 *
 * A setting's environment name is `ORRERY_` + its path with `_` (`rpc.listen` is `ORRERY_RPC_LISTEN`); a
 * secret may also come from a file named by the same variable + `_FILE`. Unknown keys are errors; all
 * problems are reported at once; the result is frozen.
 */
import { existsSync, readFileSync } from "node:fs";
import { parse as parseYaml, stringify as stringifyYaml, YAMLParseError } from "yaml";
import { type FieldViolation, OrreryError } from "../errors.ts";
import { deepFreeze } from "../lib/deep-freeze.ts";
import { didYouMean } from "../lib/did-you-mean.ts";
import { createRedactor } from "../lib/redact.ts";
import { type Config, configSchema, type Setting, settings } from "./schema.ts";

export type { Config } from "./schema.ts";

const DEFAULT_FILE = "orrery.yaml";
/**
 * Variables of ours that are not settings: the file's place, and the address the command line connects to.
 */
const OTHER_VARIABLES = ["ORRERY_CONFIG", "ORRERY_ADDRESS"];

export interface ConfigSources {
  /**
   * Path of orrery.yaml; undefined: `ORRERY_CONFIG`, else `orrery.yaml` in the working folder if there is
   * one.
   */
  readonly file?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Flags by path: `{ "rpc.listen": "0.0.0.0:50051" }`. */
  readonly flags?: Readonly<Record<string, string>>;
}

/** A value set outside the file, and by what: `ORRERY_POOL_MAX`, `--set pool.max`. */
interface Given {
  readonly path: string;
  readonly value: unknown;
  readonly source: string;
}

type Report = (field: string, description: string) => void;
type Tree = { [name: string]: unknown };

/** Throws CONFIG_INVALID naming every wrong setting and where it was set. */
export function loadConfig({ file, env = process.env, flags = {} }: ConfigSources = {}): Config {
  const problems: FieldViolation[] = [];
  const report: Report = (field, description) => problems.push({ field, description });
  const known = settings();

  const path = file ?? env.ORRERY_CONFIG ?? (existsSync(DEFAULT_FILE) ? DEFAULT_FILE : undefined);
  const tree = path === undefined ? {} : readTree(path, report);
  const given = [...readEnvironment(env, known, report), ...readFlags(flags, known, report)];
  for (const { path, value } of given) setAt(tree, path.split("."), value);

  const parsed = configSchema.safeParse(tree);
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

/** Sections left empty count as absent. What YAML cannot read is told by line, without the line's text. */
function readTree(file: string, report: Report): Tree {
  try {
    const tree: unknown = parseYaml(readFileSync(file, "utf8"), (_, value) => value ?? undefined);
    if (tree === undefined || tree === null) return {};
    if (typeof tree === "object" && !Array.isArray(tree)) return tree as Tree;
    report(file, "must hold settings by name");
  } catch (error) {
    report(
      file,
      error instanceof YAMLParseError
        ? `not YAML: ${error.message.split("\n", 1)[0]}`
        : `cannot be read: ${messageOf(error)}`,
    );
  }
  return {};
}

/** Empty variables count as unset. */
function readEnvironment(
  env: NonNullable<ConfigSources["env"]>,
  known: readonly Setting[],
  report: Report,
): Given[] {
  const byVariable = new Map(known.map((setting) => [setting.variable, setting]));
  const files = new Map(
    known.filter(({ secret }) => secret).map((setting) => [`${setting.variable}_FILE`, setting]),
  );
  return Object.entries(env).flatMap(([variable, text]) => {
    if (!variable.startsWith("ORRERY_") || variable.startsWith("ORRERY_TEST_")) return [];
    if (OTHER_VARIABLES.includes(variable) || text === undefined || text === "") return [];
    const setting = byVariable.get(variable);
    if (setting !== undefined)
      return [{ path: setting.path, value: fromText(setting, text), source: variable }];
    const secret = files.get(variable);
    if (secret === undefined) {
      report(
        variable,
        `unknown variable${didYouMean(variable, [...byVariable.keys(), ...files.keys(), ...OTHER_VARIABLES])}`,
      );
      return [];
    }
    if (env[secret.variable]) report(secret.path, `given twice, by ${secret.variable} and ${variable}`);
    try {
      const content = readFileSync(text, "utf8").trimEnd();
      return [{ path: secret.path, value: fromText(secret, content), source: variable }];
    } catch (error) {
      report(secret.path, `${messageOf(error)} (${variable})`);
      return [];
    }
  });
}

function readFlags(
  flags: Readonly<Record<string, string>>,
  known: readonly Setting[],
  report: Report,
): Given[] {
  return Object.entries(flags).flatMap(([path, text]) => {
    const setting = known.find((one) => one.path === path);
    if (setting !== undefined) return [{ path, value: fromText(setting, text), source: `--set ${path}` }];
    const paths = known.map((one) => one.path);
    report(path, `unknown setting${didYouMean(path, paths)}`);
    return [];
  });
}

/**
 * Lists are separated by commas, mappings are `name=value` separated by commas. The schema judges the result.
 */
function fromText({ schema }: Setting, text: string): unknown {
  const parts = () =>
    text
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
  switch (schema.type) {
    case "integer":
      return /^\s*-?\d+\s*$/.test(text) ? Number(text) : text;
    case "number":
      return /^\s*-?\d+(\.\d+)?\s*$/.test(text) ? Number(text) : text;
    case "boolean":
      return text === "true" ? true : text === "false" ? false : text;
    case "array":
      return parts();
    case "object":
      return Object.fromEntries(
        parts()
          .map((part) => part.split(/\s*=\s*/, 2))
          .map(([name = "", value = ""]) => [name, value]),
      );
    default:
      return text;
  }
}

/** A place that holds something else than a section is left for the schema to refuse. */
function setAt(tree: Tree, [name = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) tree[name] = value;
  else {
    tree[name] ??= {};
    if (typeof tree[name] === "object") setAt(tree[name] as Tree, rest, value);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The configuration as YAML, with secrets masked. */
export function renderConfig(config: Config): string {
  const mask = createRedactor();
  return stringifyYaml(config, (name, value) => {
    if (name === "password") return "***";
    return typeof value === "string" ? mask(value) : value;
  });
}

/**
 * Every password of the configuration, as written and as decoded from its URL, so that logs can be kept free
 * of them.
 */
export function secretsOf({ citus, postgres, etcd }: Config): readonly string[] {
  const urls = [citus.url ?? "", citus.adminUrl ?? "", ...postgres.urls, ...etcd.endpoints];
  const passwords = urls.flatMap((url) => [/:\/\/[^:/@]*:(.*)@/.exec(url)?.[1] ?? "", decodedPassword(url)]);
  return [...new Set([...passwords, etcd.password ?? ""])].filter((secret) => secret !== "");
}

function decodedPassword(url: string): string {
  try {
    const { password, searchParams } = new URL(url);
    return decodeURIComponent(password) || (searchParams.get("password") ?? "");
  } catch {
    return "";
  }
}

/**
 * The coordinator that the command line calls when no flag says another: `ORRERY_ADDRESS`, else the local
 * one.
 */
export function clientAddress(env: ConfigSources["env"] = process.env): string {
  return env.ORRERY_ADDRESS || "127.0.0.1:50051";
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
