import { readFile } from "node:fs/promises";
import { Command } from "commander";
import { toFailure } from "../client/call-error.ts";
import type { SearchRequest } from "../client/messages.ts";
import type { FilterInit } from "../proto/generated/orrery/v1/Filter.ts";
import type { SearchResponseMessage } from "../proto/generated/orrery/v1/SearchResponse.ts";
import type { VectorInit } from "../proto/generated/orrery/v1/Vector.ts";
import { type CliContext, calling, collect, decimalNumber, wholeNumber } from "./context.ts";
import { describeFailure, UsageError } from "./exit.ts";
import { parseFilter } from "./filter.ts";
import { presentHit } from "./present.ts";
import { parseVector } from "./values.ts";

interface SearchOptions {
  readonly collection?: string;
  readonly namespace?: readonly string[];
  readonly all?: boolean;
  readonly vector?: string;
  readonly vectorFile?: string;
  readonly likeNamespace?: string;
  readonly likeKey?: string;
  readonly topK?: number;
  readonly minSimilarity?: number;
  readonly filter?: FilterInit;
  readonly efSearch?: number;
  readonly recall?: number;
  readonly exact?: boolean;
  readonly oversampling?: number;
  readonly rescore: boolean;
  readonly allowPartial?: boolean;
  readonly withMetadata?: boolean;
  readonly withVectors?: boolean;
  readonly profile?: boolean;
}

export function searchCommand(context: CliContext): Command {
  return new Command("search")
    .description("find the records most similar to a vector or to a stored record")
    .option("-c, --collection <name>", "default: memory_entries")
    .option("-n, --namespace <name>", "where to search; may be repeated", collect)
    .option("--all", "search all namespaces")
    .option("--vector <json>", "the vector to search by: [0.1, 0.2, ...]")
    .option("--vector-file <path>", "a file with that JSON")
    .option("--like-namespace <name>", "search by a stored record: its namespace")
    .option("--like-key <key>", "search by a stored record: its key")
    .option("-k, --top-k <n>", "how many hits", wholeNumber)
    .option("--min-similarity <x>", "leave out hits below it, -1 to 1", decimalNumber)
    .option("--filter <json>", "only records that it holds for, as in docs/filters.md", parseFilter)
    .option("--ef-search <n>", "size of the index scan's candidate list", wholeNumber)
    .option("--recall <x>", "the mean recall wanted, 0.5 to 1; 1 is exact", decimalNumber)
    .option("--exact", "compare with every record instead of using the index")
    .option("--oversampling <x>", "candidates from a quantised index, as a multiple of top-k", decimalNumber)
    .option("--no-rescore", "let a quantised index choose alone, among no more than top-k candidates")
    .option("--allow-partial", "answer with what was found when a shard does not answer")
    .option("--with-metadata", "fetch metadata too (json output)")
    .option("--with-vectors", "fetch vectors too (json output)")
    .option("--profile", "say what each shard did")
    .action(
      calling(context, async ({ client, output }, options: SearchOptions) => {
        const answer = await client.vector.search(await toRequest(options));
        const hits = answer.hits.map(presentHit);
        output.show(
          { ...answer, hits },
          ["namespace", "key", "similarity", "value"],
          hits.map(({ namespace, key, similarity, value }) => [namespace, key, similarity.toFixed(6), value]),
        );
        if (!output.json && answer.profile) {
          const [first = {}] = answer.profile.targets;
          output.show(
            answer.profile,
            Object.keys(first),
            answer.profile.targets.map((target) => Object.values(target).map(String)),
          );
        }
        warnIfIncomplete(answer, context);
      }),
    );
}

async function toRequest(options: SearchOptions): Promise<SearchRequest> {
  const { namespace = [], all = false, likeNamespace, likeKey } = options;
  if (namespace.length > 0 === all) throw new UsageError("give either --namespace or --all");
  const vector = await readVector(options);
  const like = likeNamespace !== undefined || likeKey !== undefined;
  if (like === (vector !== undefined)) {
    throw new UsageError("give one of --vector, --vector-file, or --like-namespace with --like-key");
  }
  if (like && (likeNamespace === undefined || likeKey === undefined)) {
    throw new UsageError("--like-namespace and --like-key go together");
  }
  return {
    collection: options.collection,
    namespaces: namespace,
    allNamespaces: all,
    vector,
    record: like ? { namespace: likeNamespace ?? "", key: likeKey ?? "" } : undefined,
    topK: options.topK,
    minSimilarity: options.minSimilarity,
    filter: options.filter,
    params: {
      efSearch: options.efSearch,
      recallTarget: options.recall,
      exact: options.exact,
      oversampling: options.oversampling,
      rescore: options.rescore ? undefined : false,
    },
    allowPartial: options.allowPartial,
    includeMetadata: options.withMetadata,
    includeVector: options.withVectors,
    includeProfile: options.profile,
  };
}

async function readVector({ vector, vectorFile }: SearchOptions): Promise<VectorInit | undefined> {
  if (vector !== undefined && vectorFile !== undefined)
    throw new UsageError("give --vector or --vector-file, not both");
  const text = vectorFile === undefined ? vector : await readFile(vectorFile, "utf8");
  if (text === undefined) return undefined;
  const parsed = parseVector(text);
  if (parsed === undefined) throw new UsageError("the vector must be a JSON list of numbers");
  return parsed;
}

function warnIfIncomplete({ completeness }: SearchResponseMessage, { stderr }: CliContext): void {
  if (completeness === null || completeness.complete) return;
  stderr.write(`incomplete: ${completeness.targetsOk} of ${completeness.targetsTotal} targets answered\n`);
  for (const { shardId, status } of completeness.failures) {
    const failure = toFailure(status);
    if (failure) stderr.write(`  shard ${shardId}: ${describeFailure(failure)}\n`);
  }
}
