/** `get`, `upsert` and `delete`: single records. */
import { Command, Option } from "commander";
import type { WriteModeInit } from "../proto/generated/orrery/v1/WriteMode.ts";
import { confirm } from "./confirm.ts";
import { type CliContext, calling } from "./context.ts";
import { CommandFailed, EXIT, UsageError } from "./exit.ts";
import { presentRecord } from "./present.ts";
import { readText } from "./read-lines.ts";
import { parseRecord } from "./record-json.ts";
import { showResults } from "./write-results.ts";

interface CollectionOption {
  readonly collection?: string;
}

export function getCommand(context: CliContext): Command {
  return new Command("get")
    .description("show records; exit code 3 when one is missing")
    .argument("<namespace>")
    .argument("<key...>")
    .option("-c, --collection <name>", "default: memory_entries")
    .option("--with-vector", "fetch the vector too (json output)")
    .action(
      calling(
        context,
        async (
          { client, output },
          namespace: string,
          keys: string[],
          { collection, withVector }: CollectionOption & { readonly withVector?: boolean },
        ) => {
          const answer = await client.vector.get({
            collection,
            records: keys.map((key) => ({ namespace, key })),
            includeVector: withVector,
          });
          const records = answer.records.map(presentRecord);
          output.show(
            records,
            ["namespace", "key", "value", "metadata", "tags", "version"],
            records.map((record) => [
              record.namespace,
              record.key,
              record.value,
              JSON.stringify(record.metadata),
              record.tags.join(", "),
              record.version,
            ]),
          );
          const found = new Set(records.map(({ key }) => key));
          const missing = keys.filter((key) => !found.has(key));
          if (missing.length > 0) throw new CommandFailed(`not found: ${missing.join(", ")}`, EXIT.notFound);
        },
      ),
    );
}

export function upsertCommand(context: CliContext): Command {
  return new Command("upsert")
    .description("write one record, given as JSON or on standard input")
    .argument(
      "[record]",
      '{"namespace", "key", "value", "metadata", "tags", "vector", "createdAt", "version"}',
    )
    .option("-c, --collection <name>", "default: memory_entries")
    .addOption(
      new Option("--mode <mode>", "what may be there already")
        .choices(["upsert", "insert", "update", "if-version"])
        .default("upsert"),
    )
    .action(
      calling(
        context,
        async (
          { client, output },
          record: string | undefined,
          { collection, mode }: CollectionOption & { readonly mode: string },
        ) => {
          const text = record ?? (await readText(context.stdin));
          const { results } = await client.vector.upsert({
            collection,
            records: [asUsageError(() => parseRecord(text))],
            mode: `WRITE_MODE_${mode.replace("-", "_").toUpperCase()}` as WriteModeInit,
          });
          showResults(output, results);
        },
      ),
    );
}

export function deleteCommand(context: CliContext): Command {
  return new Command("delete")
    .description("delete records")
    .argument("<namespace>")
    .argument("<key...>")
    .option("-c, --collection <name>", "default: memory_entries")
    .option("--yes", "do not ask")
    .action(
      calling(
        context,
        async (
          { client, output },
          namespace: string,
          keys: string[],
          { collection, yes }: CollectionOption & { readonly yes?: boolean },
        ) => {
          await confirm(context, yes, `${keys.length} record(s) of namespace ${namespace}`);
          const records = keys.map((key) => ({ namespace, key }));
          const { results } = await client.vector.delete({ collection, records });
          showResults(output, results);
        },
      ),
    );
}

function asUsageError<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
