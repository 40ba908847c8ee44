/** Reads each source of settings: the file, the environment, flags. Nothing is checked but the names. */
import { readFileSync } from "node:fs";
import { parse as parseYaml, YAMLParseError } from "yaml";
import { didYouMean } from "../lib/did-you-mean.ts";
import type { Setting } from "./settings.ts";

/**
 * Variables of ours that are not settings: the file's place, and the address the command line connects to.
 */
const OTHER_VARIABLES = ["ORRERY_CONFIG", "ORRERY_ADDRESS"];

export type Environment = Readonly<Record<string, string | undefined>>;

/** A value set outside the file, and by what: `ORRERY_POOL_MAX`, `--set pool.max`. */
export interface Given {
  readonly path: string;
  readonly value: unknown;
  readonly source: string;
}

/** Takes down what is wrong with a setting. */
export type Report = (field: string, description: string) => void;
/** Settings by section and name, as a file has them. */
export type Tree = { [name: string]: unknown };

/** Sections left empty count as absent. What YAML cannot read is reported by its line, without the text. */
export function readTree(file: string, report: Report): Tree {
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
export function readEnvironment(env: Environment, known: readonly Setting[], report: Report): Given[] {
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

export function readFlags(
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

/** Where there is something other than a section, it is left for the schema to refuse. */
export function setAt(tree: Tree, [name = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) tree[name] = value;
  else {
    tree[name] ??= {};
    if (typeof tree[name] === "object") setAt(tree[name] as Tree, rest, value);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
