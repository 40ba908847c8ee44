/** `recall`: how much of the nearest records searches find. */
import { createReadStream } from "node:fs";
import { Command } from "commander";
import type { FilterInit } from "../proto/generated/orrery/v1/Filter.ts";
import type { RecallSummaryMessage } from "../proto/generated/orrery/v1/RecallSummary.ts";
import type { VectorInit } from "../proto/generated/orrery/v1/Vector.ts";
import { type CliContext, calling, collect, decimalNumber, wholeNumber } from "./context.ts";
import { CommandFailed, EXIT, UsageError } from "./exit.ts";
import { parseFilter } from "./filter.ts";
import { readLines } from "./read-lines.ts";
import { parseVector } from "./values.ts";

interface RecallOptions {
  readonly collection?: string;
  readonly namespace?: readonly string[];
  readonly all?: boolean;
  readonly queries?: string;
  readonly samples?: number;
  readonly maxSeconds: number;
  readonly topK?: number;
  readonly filter?: FilterInit;
  readonly efSearch?: number;
  readonly recall?: number;
  readonly oversampling?: number;
}

/** The last query begins in time, and is compared with every record. */
const LAST_QUERY_MS = 30_000;

export function recallCommand(context: CliContext): Command {
  return new Command("recall")
    .description("measure how much of the nearest records searches find, by comparing them with exact ones")
    .option("-c, --collection <name>", "default: memory_entries")
    .option("-n, --namespace <name>", "measured by itself; may be repeated", collect)
    .option("--all", "searches of all namespaces")
    .option(
      "--queries <path>",
      "vectors to search by, a JSON list in each line; without: stored ones, moved a little",
    )
    .option("--samples <n>", "how many stored ones; default 25", wholeNumber)
    .option("--max-seconds <n>", "begin no further query after so long", decimalNumber, 5)
    .option("-k, --top-k <n>", "how many of the nearest, up to 100", wholeNumber)
    .option("--filter <json>", "only records that it holds for, as in docs/filters.md", parseFilter)
    .option(
      "--recall <x>",
      "measure searches that want this recall; default: the collection's",
      decimalNumber,
    )
    .option("--ef-search <n>", "measure this size of the index scan's candidate list", wholeNumber)
    .option("--oversampling <x>", "candidates from a quantised index, as a multiple of top-k", decimalNumber)
    .action(
      calling(context, async ({ client, output }, options: RecallOptions) => {
        const { namespace = [], all = false, queries } = options;
        if (namespace.length > 0 === all) throw new UsageError("give either --namespace or --all");
        const maxMs = Math.round(options.maxSeconds * 1000);
        const { efSearch, recall: recallTarget, oversampling } = options;
        const { collection, topK, filter } = options;
        const answer = await client.vector.measureRecall(
          {
            search: {
              collection,
              namespaces: namespace,
              allNamespaces: all,
              topK,
              filter,
              params: { efSearch, recallTarget, oversampling },
            },
            vectors: queries === undefined ? [] : await readVectors(queries),
            samples: options.samples,
            maxMs,
          },
          { deadlineMs: maxMs + LAST_QUERY_MS },
        );
        const { total, namespaces, complete } = answer;
        if (total === null) throw new CommandFailed("there was nothing to measure", EXIT.notFound);
        output.show(
          answer,
          ["namespace", "queries", "mean", "p1", "minimum", "short answers"],
          [
            ...namespaces.map(toRow),
            ...(namespaces.length === 1 ? [] : [toRow({ ...total, namespace: "all" })]),
          ],
        );
        if (!complete) context.stderr.write("not all queries were asked: the time was up\n");
      }),
    );
}

function toRow({ namespace, queries, mean, p1, minimum, shortAnswers }: RecallSummaryMessage) {
  const parts = [mean, p1, minimum].map((part) => part.toFixed(4));
  return [namespace, String(queries), ...parts, String(shortAnswers)];
}

async function readVectors(path: string): Promise<VectorInit[]> {
  const vectors: VectorInit[] = [];
  for await (const { number, text } of readLines(createReadStream(path))) {
    if (text.trim() === "") continue;
    const vector = parseVector(text);
    if (vector === undefined) throw new UsageError(`${path}, line ${number}: must be a JSON list of numbers`);
    vectors.push(vector);
  }
  return vectors;
}
