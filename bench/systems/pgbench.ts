/**
 * (e) The statement of (d) by pgbench: what the workers can do when asking costs next to nothing. pgbench
 * cannot bind a vector in binary, so each query is a script with its values written into the text, prepared
 * once per connection. That spares the server the parsing of the vector each time: the ceiling is, if
 * anything, too high.
 */
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { postgresBinary } from "../../test/support/postgres-server.ts";
import type { NodeStatement } from "../client/job.ts";
import { groupBy } from "../data/group-by.ts";
import { type ReadLine, startPrograms } from "./programs.ts";
import type { ShardStatements } from "./shard-statements.ts";
import { queriesOf, type System } from "./system.ts";

export function pgbench(statements: ShardStatements): System {
  return {
    id: "e",
    name: "pgbench on the owning worker",
    cannot: statements.cannot,
    start: (slice) =>
      startPrograms(
        (folder) => {
          const byNode = groupBy(
            queriesOf(slice).map((query) => statements.of(query, slice.workload)),
            ({ url }) => url,
          );
          return Promise.all(
            [...byNode].map(async ([url, sameNode], node) => {
              const scripts = await Promise.all(
                sameNode.map(async (statement, i) => {
                  const file = `${node}-${i}.sql`;
                  await writeFile(join(folder, file), `${withLiterals(statement)};\n`);
                  return file;
                }),
              );
              const prefix = `log-${node}`;
              return {
                command: postgresBinary("pgbench"),
                args: [
                  ...["--no-vacuum", "--protocol", "prepared", "--log", "--log-prefix", prefix],
                  ...["--client", String(sameNode.length), "--time", String(slice.seconds)],
                  ...scripts.flatMap((script) => ["--file", script]),
                  url,
                ],
                logs: async () => (await readdir(folder)).filter((file) => file.startsWith(`${prefix}.`)),
              };
            }),
          );
        },
        " ",
        readLine,
      ),
    stop: async () => {},
  };
}

/** client, transaction, microseconds, script, end in seconds and microseconds. */
const readLine: ReadLine = ([, , elapsed, , seconds, microseconds]) => ({
  endMs: Number(seconds) * 1000 + Number(microseconds) / 1000,
  latencyMs: Number(elapsed) / 1000,
});

function withLiterals({ text, values }: NodeStatement): string {
  return text
    .replaceAll(/\$(\d+)/g, (_, place) => {
      const value = values[Number(place) - 1];
      if (value instanceof Float32Array) return `'[${value.join(",")}]'`;
      return `'${String(value).replaceAll("'", "''")}'`;
    })
    .replaceAll("\n", " ");
}
