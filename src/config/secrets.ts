/** Passwords of a configuration, which neither logs nor printouts may show. */
import { stringify as stringifyYaml } from "yaml";
import { createRedactor } from "../lib/redact.ts";
import type { Config } from "./schema.ts";

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
