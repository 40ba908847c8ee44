/** The schema setting by setting: names, variables, and which are secret. */
import { z } from "zod";
import { configSchema } from "./schema.ts";

/**
 * Settings that may hold passwords: printed masked, and readable from a file named by their variable +
 * `_FILE`.
 */
export const SECRET_PATHS: readonly string[] = [
  "citus.url",
  "citus.adminUrl",
  "postgres.urls",
  "etcd.password",
];

/** The whole schema as JSON schema, for editors and for the documentation. */
export function configJsonSchema(): JsonSchema {
  return z.toJSONSchema(configSchema, { io: "input" }) as JsonSchema;
}

export interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly description?: string;
}

/** One setting, as users meet it. */
export interface Setting {
  /** Its place in the file: `pool.max`. */
  readonly path: string;
  /** `ORRERY_POOL_MAX`. */
  readonly variable: string;
  readonly secret: boolean;
  readonly schema: JsonSchema;
}

/** All settings in the order of the schema. */
export function settings(
  schema: JsonSchema = configJsonSchema(),
  parents: readonly string[] = [],
): readonly Setting[] {
  if (schema.properties !== undefined) {
    return Object.entries(schema.properties).flatMap(([name, part]) => settings(part, [...parents, name]));
  }
  const path = parents.join(".");
  const variable = `ORRERY_${path.replaceAll(/[A-Z]/g, "_$&").replaceAll(".", "_").toUpperCase()}`;
  return [{ path, variable, secret: SECRET_PATHS.includes(path), schema }];
}
