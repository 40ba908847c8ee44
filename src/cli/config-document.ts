/** docs/configuration.md, made from the schema by `npm run docs`. */
import { type JsonSchema, type Setting, settings } from "../config/settings.ts";

const INTRODUCTION = `# Configuration

Made from the schema by \`npm run docs\`; do not edit.

Settings come from three places, each going before the one above it:

1. a YAML file: \`--config <file>\`, else \`ORRERY_CONFIG\`, else \`orrery.yaml\` in the working folder if there is one;
2. environment variables: \`ORRERY_\` and the path of the setting with \`_\`. Lists are separated by commas, mappings are
   \`name=value\` separated by commas, an empty variable counts as unset;
3. flags: \`--set pool.max=20\`, as often as needed.

Unknown settings and unknown \`ORRERY_…\` variables are errors, and all problems are reported at once. A secret (marked so
below) can be kept in a file whose name is in the variable + \`_FILE\`: \`ORRERY_ETCD_PASSWORD_FILE=/run/secrets/etcd\`.

\`orrery config check\` says what is wrong (exit code 4), \`orrery config print\` shows the result without passwords,
\`orrery config schema\` prints the JSON schema for editors.

Two variables are no settings: \`ORRERY_CONFIG\` (the file) and \`ORRERY_ADDRESS\` (the coordinator the command line
calls). Kubernetes adds variables named after Services to its pods: with a Service called \`orrery\`, set
\`enableServiceLinks: false\`.

\`\`\`yaml
engine: citus
citus:
  url: postgres://orrery@citus-coordinator:5432/orrery
etcd:
  endpoints: [http://etcd-1:2379, http://etcd-2:2379, http://etcd-3:2379]
rpc:
  listen: 0.0.0.0:50051
\`\`\`
`;

/** The whole page. */
export function configDocument(): string {
  const parts = [INTRODUCTION];
  let section: string | undefined;
  for (const setting of settings()) {
    const [name = ""] = setting.path.split(".");
    if (name !== section) {
      parts.push(
        `\n## ${name}\n\n| setting | variable | type | default | meaning |\n|---|---|---|---|---|\n`,
      );
      section = name;
    }
    parts.push(row(setting));
  }
  return parts.join("");
}

function row({ path, variable, secret, schema }: Setting): string {
  const standard = schema.default === undefined ? "" : code(textOf(schema.default));
  const meaning = `${schema.description ?? ""}${secret ? " Secret." : ""}`;
  return `| ${[code(path), code(variable), typeOf(schema), standard, meaning].join(" | ")} |\n`;
}

function typeOf({ type, enum: choices, minimum = 0, maximum = Number.MAX_SAFE_INTEGER }: JsonSchema): string {
  if (choices !== undefined) return choices.map(code).join(", ");
  if (type === "array") return "list";
  if (type === "object") return "mapping";
  if (type !== "integer" && type !== "number") return type === "string" ? "text" : (type ?? "");
  const above = maximum === Number.MAX_SAFE_INTEGER;
  return above ? `number from ${minimum}` : `number, ${minimum} to ${maximum}`;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function code(text: string): string {
  return `\`${text}\``;
}
