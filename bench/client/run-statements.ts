/** Given statements on given nodes by bare `pg` clients: no pool, no routing, nothing looked at. */
import pg from "pg";
import { encodeVector } from "../../src/shards/vector-codec.ts";
import type { Driver } from "./driver.ts";
import type { NodeStatement } from "./job.ts";

/** Position of the key in the rows of a search statement. */
const KEY = 3;

/** A client opens its connection to a node at its first statement there. */
export async function runStatements(): Promise<Driver<NodeStatement>> {
  const connections = new Map<string, Promise<pg.Client>>();
  const connectionOf = (client: number, url: string) => {
    const id = `${client} ${url}`;
    const known = connections.get(id);
    if (known !== undefined) return known;
    const connection = connect(url);
    connections.set(id, connection);
    return connection;
  };
  return {
    async ask({ url, text, values }, client) {
      const connection = await connectionOf(client, url);
      const { rows } = await connection.query<unknown[]>({
        name: nameOf(text),
        text,
        values: values.map((value) => (value instanceof Float32Array ? encodeVector(value) : value)),
        rowMode: "array",
      });
      return rows.map((row) => String(row[KEY]));
    },
    async close() {
      await Promise.all([...connections.values()].map(async (connection) => (await connection).end()));
    },
  };
}

async function connect(url: string): Promise<pg.Client> {
  const connection = new pg.Client({ connectionString: url });
  await connection.connect();
  return connection;
}

const names = new Map<string, string>();

function nameOf(text: string): string {
  const name = names.get(text) ?? `statement_${names.size}`;
  names.set(text, name);
  return name;
}
