import { once } from "node:events";
import { Command } from "commander";
import { CallError } from "../client/call-error.ts";
import type { Client } from "../client/client.ts";
import { pages } from "../client/pages.ts";
import type { FilterInit } from "../proto/generated/orrery/v1/Filter.ts";
import { type CliContext, calling, collect } from "./context.ts";
import { UsageError } from "./exit.ts";
import { parseFilter } from "./filter.ts";
import { presentRecord } from "./present.ts";
import { createProgress } from "./progress.ts";
import { retryReads } from "./retry-reads.ts";

interface ExportOptions {
  readonly collection?: string;
  readonly namespace?: readonly string[];
  readonly all?: boolean;
  readonly filter?: FilterInit;
}

export function exportCommand(context: CliContext): Command {
  return new Command("export")
    .description("print records, one JSON object a line, as import reads them")
    .option("-c, --collection <name>", "default: memory_entries")
    .option("-n, --namespace <name>", "what to export; may be repeated", collect)
    .option("--all", "export all namespaces")
    .option("--filter <json>", "only records that it holds for, as in docs/filters.md", parseFilter)
    .action(
      calling(
        context,
        async ({ client }, { collection, namespace: named = [], all = false, filter }: ExportOptions) => {
          if (named.length > 0 === all) throw new UsageError("give either --namespace or --all");
          const progress = createProgress(context);
          let count = 0;
          for await (const namespace of all ? allNamespaces(client, collection) : named) {
            const records = pages(({ pageToken }) =>
              listPage(client, { collection, namespace, pageToken, filter, includeVector: true }),
            );
            for await (const page of records) {
              const lines = page.records.map((record) => {
                const { updatedAt: _, version: __, ...written } = presentRecord(record);
                return `${JSON.stringify(written)}\n`;
              });
              if (!context.stdout.write(lines.join(""))) await once(context.stdout, "drain");
              count += lines.length;
              progress.update(`${count} records`);
            }
          }
          progress.end();
        },
      ),
    );
}

/**
 * The server ends a page that would be too large. Asks for half as many records where the memory of one call
 * does not suffice for that.
 */
async function listPage(
  client: Client,
  request: Parameters<Client["vector"]["list"]>[0],
  pageSize = 256,
): ReturnType<Client["vector"]["list"]> {
  try {
    return await retryReads(() => client.vector.list({ ...request, pageSize }));
  } catch (error) {
    const tooLarge = error instanceof CallError && error.failure.reason === "TOO_LARGE";
    if (!tooLarge || pageSize === 1) throw error;
    return listPage(client, request, pageSize / 2);
  }
}

async function* allNamespaces(client: Client, collection: string | undefined): AsyncGenerator<string> {
  const found = pages((page) => client.namespace.listNamespaces({ collection, ...page }));
  for await (const { namespaces } of found) for (const { name } of namespaces) yield name;
}
