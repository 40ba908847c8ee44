/** Reads docker-compose.cluster.yml and other files of the project. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { packageRoot } from "../../src/lib/package-root.ts";

export interface ComposeService {
  readonly image: string;
  readonly build?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly secrets?: readonly string[];
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly healthcheck?: { readonly test?: readonly string[]; readonly disable?: boolean };
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

/** Absolute path of a file of the project. */
export function projectFile(...path: readonly string[]): string {
  return join(packageRoot(), ...path);
}

/** A YAML file of the project, with `<<` merged. */
export function readYaml<T>(...path: readonly string[]): T {
  return parse(readFileSync(projectFile(...path), "utf8"), { merge: true });
}

export function readCompose(): Compose {
  return readYaml("docker-compose.cluster.yml");
}

/** A service of the file; throws when there is none of that name. */
export function composeService(name: string): ComposeService {
  const service = readCompose().services[name];
  if (service === undefined) throw new Error(`no service ${name}`);
  return service;
}

/** Settings of deploy/citus/postgresql.conf by name, without quotes. */
export function deployedPostgresSettings(): Readonly<Record<string, string>> {
  const lines = readFileSync(projectFile("deploy/citus/postgresql.conf"), "utf8").matchAll(
    /^([\w.]+) = (?:'([^']*)'|(\S+))/gm,
  );
  return Object.fromEntries([...lines].map(([, name = "", quoted, plain]) => [name, quoted ?? plain ?? ""]));
}
