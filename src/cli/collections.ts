import { Command, Option } from "commander";
import { allPages } from "../client/pages.ts";
import type { FilterIndexInit } from "../proto/generated/orrery/v1/FilterIndex.ts";
import type { MetricInit } from "../proto/generated/orrery/v1/Metric.ts";
import type { QuantizationInit } from "../proto/generated/orrery/v1/Quantization.ts";
import type { VectorIndexKindInit } from "../proto/generated/orrery/v1/VectorIndexKind.ts";
import { confirm } from "./confirm.ts";
import { type CliContext, calling, decimalNumber, group, wholeNumber } from "./context.ts";
import { parseFilterField, parseFilterIndex, showFilterIndex } from "./filter-index.ts";
import { finish } from "./operations.ts";
import { presentCollection } from "./present.ts";

interface CreateOptions {
  readonly dimension: number;
  readonly metric?: string;
  readonly index?: string;
  readonly quantization: string;
  readonly m?: number;
  readonly efConstruction?: number;
  readonly shards?: number;
  readonly filterField?: readonly FilterIndexInit[];
  readonly filterIndex?: readonly FilterIndexInit[];
  readonly recallTarget?: number;
}

interface UpdateOptions {
  readonly filterField?: readonly FilterIndexInit[];
  readonly filterIndex?: readonly FilterIndexInit[];
  readonly dropFilterIndex?: readonly string[];
  readonly recallTarget?: number;
  readonly complete?: boolean;
}

/** Of a cell: a partial index has a filter in its line. */
const LONGEST = 400;

function filterFieldOption(flag: string): Option {
  return new Option(
    `${flag} <path:type,...>`,
    "index one or more metadata fields for filters: string, number, bool or time; may be repeated",
  ).argParser(collect(parseFilterField));
}

function filterIndexOption(flag: string): Option {
  return new Option(
    `${flag} <json>`,
    'the same as {"name": "...", "fields": ["lang:string", ...], "where": filter}; may be repeated',
  ).argParser(collect(parseFilterIndex));
}

function collect<T>(parse: (text: string) => T) {
  return (text: string, before: readonly T[] = []): readonly T[] => [...before, parse(text)];
}

export function collectionsCommand(context: CliContext): Command {
  return group("collections", "tables of records of one dimension", [
    new Command("list").action(
      calling(context, async ({ client, output }) => {
        const answers = await allPages(
          (page) => client.collection.listCollections(page),
          (answer) => answer.collections,
        );
        const collections = answers.map(presentCollection);
        output.show(
          collections,
          [
            "name",
            "dimension",
            "metric",
            "quantization",
            "shards",
            "m",
            "ef_construction",
            "recall_target",
            "lacks",
          ],
          collections.map(({ lacks, ...one }) => [
            one.name,
            one.dimension,
            one.metric,
            one.quantization,
            one.shardCount,
            one.m,
            one.efConstruction,
            one.recallTarget,
            lacks.join(", "),
          ]),
        );
      }),
    ),
    new Command("get")
      .description("show a collection, its filter indexes and what it lacks")
      .argument("<name>")
      .action(
        calling(context, async ({ client, output }, name: string) => {
          const message = await client.collection.getCollection({ name });
          const { filterIndexes, lacks, ...settings } = presentCollection(message);
          output.show(
            { ...settings, filterIndexes, lacks },
            ["setting", "value"],
            [
              ...Object.entries(settings).map(([setting, value]) => [setting, String(value)]),
              ...message.filterIndexes.map((index) => ["filterIndex", showFilterIndex(index)]),
              ...lacks.map((what) => ["lacks", what]),
            ],
            LONGEST,
          );
        }),
      ),
    new Command("create")
      .argument("<name>", "a-z, 0-9, _ and -, starting with a letter")
      .requiredOption("-d, --dimension <n>", "numbers in each vector", wholeNumber)
      .addOption(
        new Option("--metric <metric>", "how vectors are compared; default: cosine").choices([
          "cosine",
          "l2",
          "inner_product",
        ]),
      )
      .addOption(
        new Option("--index <kind>", "over the vectors; default: hnsw, none: all are compared").choices([
          "hnsw",
          "none",
        ]),
      )
      .addOption(
        new Option("-q, --quantization <kind>", "how the index stores vectors")
          .choices(["none", "half", "binary"])
          .default("none"),
      )
      .option("--m <n>", "links per node of the index", wholeNumber)
      .option("--ef-construction <n>", "candidate list while the index is built", wholeNumber)
      .option("--shards <n>", "shards to cut it into; default: the server's", wholeNumber)
      .addOption(filterFieldOption("--filter-field"))
      .addOption(filterIndexOption("--filter-index"))
      .option("--recall-target <target>", "recall of searches that ask for none, 0.5 to 1", decimalNumber)
      .action(
        calling(context, async (session, name: string, options: CreateOptions) => {
          const { dimension, metric, quantization, m, efConstruction, shards, recallTarget } = options;
          const filterIndexes = [...(options.filterField ?? []), ...(options.filterIndex ?? [])];
          const operation = await session.client.collection.createCollection({
            collection: {
              name,
              dimension,
              index:
                options.index === undefined
                  ? undefined
                  : (`VECTOR_INDEX_KIND_${options.index.toUpperCase()}` as VectorIndexKindInit),
              metric: metric === undefined ? undefined : (`METRIC_${metric.toUpperCase()}` as MetricInit),
              quantization: `QUANTIZATION_${quantization.toUpperCase()}` as QuantizationInit,
              hnsw: { m, efConstruction },
              shardCount: shards,
              ...(filterIndexes.length > 0 && { filterIndexes }),
              ...(recallTarget !== undefined && { recallTarget }),
            },
          });
          await finish(session, operation);
        }),
      ),
    new Command("update")
      .description("add and drop filter indexes and change settings, while searches and writes go on")
      .argument("<name>")
      .addOption(filterFieldOption("--filter-field"))
      .addOption(filterIndexOption("--filter-index"))
      .addOption(
        new Option("--drop-filter-index <name>", "may be repeated").argParser(collect((name) => name)),
      )
      .option("--recall-target <target>", "recall of searches that ask for none, 0.5 to 1", decimalNumber)
      .option("--complete", "bring what newer collections have and this one lacks")
      .action(
        calling(context, async (session, name: string, options: UpdateOptions) => {
          const {
            filterField = [],
            filterIndex = [],
            dropFilterIndex = [],
            recallTarget,
            complete,
          } = options;
          const operation = await session.client.collection.updateCollection({
            name,
            addFilterIndexes: [...filterField, ...filterIndex],
            dropFilterIndexes: [...dropFilterIndex],
            ...(recallTarget !== undefined && { recallTarget }),
            complete: complete === true,
          });
          await finish(session, operation);
        }),
      ),
    new Command("delete")
      .description("delete a collection and every record in it")
      .argument("<name>")
      .option("--yes", "do not ask")
      .action(
        calling(context, async (session, name: string, { yes }: { readonly yes?: boolean }) => {
          await confirm(context, yes, `collection ${name} and every record in it`);
          await finish(session, await session.client.collection.deleteCollection({ name }));
        }),
      ),
  ]);
}
