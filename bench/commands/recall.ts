/**
 * `recall` and `filters`: filtered and unfiltered searches of one shared shard, over sizes, kinds of index,
 * selectivities and places of the filter. Both measure the same; `recall` judges Orrery's answers and their
 * cost by what was promised, `filters` puts them beside other ways to have the same search answered.
 */
import type { CellRow } from "../measure/cell-row.ts";
import { measureCells } from "../measure/measure-cells.ts";
import type { Options } from "../options.ts";
import { filtersSummary, filtersTable } from "../report/filters-table.ts";
import { recallSummary, recallTable } from "../report/recall-table.ts";
import { machine, writeResult } from "../report/results.ts";
import { loadTopics } from "../setup/topic-collection.ts";
import { withBench } from "../setup/with-bench.ts";

interface Report {
  readonly file: string;
  readonly table: (rows: readonly CellRow[]) => string;
  readonly summary: (rows: readonly CellRow[]) => string;
}

export function runRecall(options: Options): Promise<void> {
  return run(options, { file: "recall.json", table: recallTable, summary: recallSummary });
}

export function runFilters(options: Options): Promise<void> {
  return run(options, { file: "filters.json", table: filtersTable, summary: filtersSummary });
}

function run(options: Options, { file, table, summary }: Report): Promise<void> {
  return withBench(
    { ...options, workers: 1 },
    async () => undefined,
    async (bench) => {
      if (bench.watched.postgres.length === 0) throw new TypeError("the servers must be of this machine");
      const rows: CellRow[] = [];
      for (const size of options.sizes) {
        for (const kind of options.kinds) {
          const loaded = await loadTopics(bench, kind, size);
          for (const target of options.targets)
            rows.push(...(await measureCells(bench, loaded, { kind, size, target })));
          console.log(table(rows.filter((row) => row.size === size && row.kind === kind)));
        }
      }
      console.log(summary(rows));
      const result = { machine: machine(), settings: bench.cluster.settings, options, rows };
      console.log(`\n${writeResult(file, JSON.stringify(result, undefined, 1))}`);
    },
  );
}
