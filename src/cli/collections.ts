import { Command, Option } from "commander";
import { allPages } from "../client/pages.ts";
import type { MetricInit } from "../proto/generated/orrery/v1/Metric.ts";
import type { QuantizationInit } from "../proto/generated/orrery/v1/Quantization.ts";
import { confirm } from "./confirm.ts";
import { type CliContext, calling, group, wholeNumber } from "./context.ts";
import { finish } from "./operations.ts";
import { presentCollection } from "./present.ts";

interface CreateOptions {
  readonly dimension: number;
  readonly metric?: string;
  readonly quantization: string;
  readonly m?: number;
  readonly efConstruction?: number;
  readonly shards?: number;
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
          ["name", "dimension", "metric", "quantization", "shards", "m", "ef_construction"],
          collections.map(({ name, dimension, metric, quantization, shardCount, m, efConstruction }) => [
            name,
            dimension,
            metric,
            quantization,
            shardCount,
            m,
            efConstruction,
          ]),
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
        new Option("-q, --quantization <kind>", "how the index stores vectors")
          .choices(["none", "half", "binary"])
          .default("none"),
      )
      .option("--m <n>", "links per node of the index", wholeNumber)
      .option("--ef-construction <n>", "candidate list while the index is built", wholeNumber)
      .option("--shards <n>", "shards to cut it into; default: the server's", wholeNumber)
      .action(
        calling(context, async (session, name: string, options: CreateOptions) => {
          const { dimension, metric, quantization, m, efConstruction, shards } = options;
          const operation = await session.client.collection.createCollection({
            collection: {
              name,
              dimension,
              metric: metric === undefined ? undefined : (`METRIC_${metric.toUpperCase()}` as MetricInit),
              quantization: `QUANTIZATION_${quantization.toUpperCase()}` as QuantizationInit,
              hnsw: { m, efConstruction },
              shardCount: shards,
            },
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
