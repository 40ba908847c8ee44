/** What `peers` measured, for the terminal and for the page. */
import Table from "cli-table3";
import { type AtRecall, costAtRecall } from "../measure/equal-recall.ts";
import { type PeerResults, type SweepRow, totalOf } from "../measure/peer-rows.ts";
import { number } from "./figures.ts";

/** At which systems are compared. */
export const RECALLS = [0.95, 0.99] as const;
const OWN = "orrery";

export interface TextTable {
  readonly title: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export function peersTables(results: PeerResults): string {
  return tablesOf(results)
    .map(({ title, head, rows }) => {
      const table = new Table({ head: [...head], style: { head: [], border: [], compact: true } });
      for (const row of rows) table.push([...row]);
      return `\n${title}\n${table}`;
    })
    .join("\n");
}

/** Those of one kind of data. */
export function tablesOf(results: PeerResults): readonly TextTable[] {
  const { kind, records, dimension } = results;
  const of = `${kind}, ${records} x ${dimension}`;
  return [
    ...RECALLS.map((recall) => searchTable(results, recall, of)),
    filterTable(results, of),
    buildTable(results, of),
    updateTable(results, of),
    ...(results.notRun.length === 0 ? [] : [notRunTable(results)]),
  ];
}

/** Empty: the system does not get there with any width of the sweep. */
function searchTable({ systems, sweep }: PeerResults, recall: number, of: string): TextTable {
  const at = (id: string, cost: (row: SweepRow) => number) =>
    costAtRecall(
      curve(sweep, id).map((row) => ({ recall: row.recall, cost: cost(row) })),
      recall,
    );
  const total = (id: string) => at(id, ({ cpu }) => totalOf(cpu));
  const servers = (id: string) => at(id, ({ cpu }) => cpu.server + cpu.postgres);
  const own = { total: total(OWN), servers: servers(OWN) };
  return {
    title: `Searches at recall ${recall}; ${of}; CPU in us per answer`,
    head: [
      "",
      "",
      "CPU",
      "client",
      "server",
      "PostgreSQL",
      "to Orrery's",
      "servers to Orrery's",
      "QPS",
      "most recall",
    ],
    rows: systems.map(({ id, name, place }) => [
      name,
      place,
      figure(total(id)),
      figure(at(id, ({ cpu }) => cpu.client)),
      figure(at(id, ({ cpu }) => cpu.server)),
      figure(at(id, ({ cpu }) => cpu.postgres)),
      ratio(total(id), own.total),
      place === "server" ? ratio(servers(id), own.servers) : "",
      figure(at(id, ({ qps }) => qps)),
      number(Math.max(...curve(sweep, id).map((row) => row.recall)), 3),
    ]),
  };
}

/** By width, the repeats of each together. */
export function curve(sweep: readonly SweepRow[], id: string): readonly SweepRow[] {
  const own = sweep.filter(({ system }) => system === id);
  const widths = [...new Set(own.map(({ width }) => width))].sort((a, b) => a - b);
  return widths.map((width) => {
    const same = own.filter((row) => row.width === width);
    const median = (value: (row: SweepRow) => number) =>
      same.map(value).sort((a, b) => a - b)[same.length >> 1] ?? Number.NaN;
    return {
      system: id,
      width,
      recall: median((row) => row.recall),
      qps: median((row) => row.qps),
      p50Ms: median((row) => row.p50Ms),
      cpu: {
        client: median(({ cpu }) => cpu.client),
        server: median(({ cpu }) => cpu.server),
        postgres: median(({ cpu }) => cpu.postgres),
      },
    };
  });
}

function figure(at: AtRecall | undefined): string {
  if (at === undefined) return "";
  return `${at.isUpperBound ? "*" : ""}${number(at.cost, 0)}`;
}

function ratio(at: AtRecall | undefined, own: AtRecall | undefined): string {
  return at === undefined || own === undefined ? "" : number(at.cost / own.cost, 2);
}

function filterTable({ systems, filters }: PeerResults, of: string): TextTable {
  const cells = [...new Set(filters.map(({ cell }) => cell))];
  return {
    title: `Searches with filters, each as wide as .95 needs without; ${of}: recall, short answers, CPU us`,
    head: ["", ...cells],
    rows: systems.map(({ id, name }) => [
      name,
      ...cells.map((cell) => {
        const row = filters.find((each) => each.system === id && each.cell === cell);
        if (row === undefined) return "none";
        return `${number(row.recall, 3)}, ${row.short}, ${number(totalOf(row.cpu), 0)}`;
      }),
    ]),
  };
}

function buildTable({ systems, builds }: PeerResults, of: string): TextTable {
  return {
    title: `Writing all records and building the index; ${of}`,
    head: [
      "",
      "s",
      "CPU s",
      "client",
      "server",
      "PostgreSQL",
      "MiB more (PSS)",
      "MiB after (PSS)",
      "MiB after (RSS)",
    ],
    rows: systems.flatMap(({ id, name }) =>
      builds
        .filter(({ system }) => system === id)
        .map(({ seconds, cpu, before, after }) => [
          name,
          number(seconds, 1),
          number(totalOf(cpu), 1),
          number(cpu.client, 1),
          number(cpu.server, 1),
          number(cpu.postgres, 1),
          number(after.pssMib - before.pssMib, 0),
          number(after.pssMib, 0),
          number(after.rssMib, 0),
        ]),
    ),
  };
}

function updateTable({ systems, updates }: PeerResults, of: string): TextTable {
  return {
    title: `Overwriting a tenth of the records; ${of}; CPU in us per record`,
    head: ["", "CPU", "client", "server", "PostgreSQL", "recall before", "recall after"],
    rows: systems.flatMap(({ id, name }) =>
      updates
        .filter(({ system }) => system === id)
        .map(({ cpu, recallBefore, recallAfter }) => [
          name,
          number(totalOf(cpu), 0),
          number(cpu.client, 0),
          number(cpu.server, 0),
          number(cpu.postgres, 0),
          number(recallBefore, 3),
          number(recallAfter, 3),
        ]),
    ),
  };
}

function notRunTable({ notRun }: PeerResults): TextTable {
  return { title: "Not run", head: ["", "why"], rows: notRun.map(({ id, why }) => [id, why]) };
}
