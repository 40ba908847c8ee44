/**
 * The views of collections and docs/sql.md, for engines whose servers others can connect to. What is asked of
 * a view of the whole collection is asked on every node; elsewhere each node shows its part.
 */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { toStruct, toVector } from "../../../src/cli/values.ts";
import type { TestCoordinator } from "../coordinator.ts";
import { finished } from "../finished.ts";
import { type PostgresServer, runSql } from "../postgres-server.ts";

/** The longest name a collection may have, and one that has to be quoted. */
const LONGEST = `z-${"o".repeat(61)}`;

export interface ViewLane {
  readonly coordinator: TestCoordinator;
  readonly servers: readonly PostgresServer[];
  /** Whether each server shows the whole collection. */
  readonly isWhole: boolean;
  /** After a table was created on the first server: makes it one that is joined everywhere. */
  share(table: string): Promise<void>;
}

const vector = toVector([1, 2, 3]);

export function testSqlViews(lane: () => ViewLane): void {
  const as = ({ adminUrl }: PostgresServer, role: string) => adminUrl.replace("postgres@", `${role}@`);
  const create = async (name: string) => {
    const { coordinator } = lane();
    const collection = { name, dimension: 3, shardCount: 4 };
    const created = await coordinator.client.collection.createCollection({ collection });
    expect(await finished(coordinator, created)).toMatchObject({ state: "OPERATION_STATE_DONE" });
  };
  const drop = async (name: string) => {
    const { coordinator } = lane();
    return finished(coordinator, await coordinator.client.collection.deleteCollection({ name }));
  };
  /** Rows of all servers; of one where each shows all. */
  const readAll = async (text: string, role = "postgres") => {
    const answers = await Promise.all(lane().servers.map((server) => runSql(as(server, role), text)));
    if (!lane().isWhole) return answers.flat();
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    return answers[0] ?? [];
  };

  describe("views of collections", () => {
    it("the examples of docs/sql.md run as the role they create, and each record is one row", async () => {
      const { coordinator, servers, share } = lane();
      const [login = "", ...examples] = readFileSync("docs/sql.md", "utf8")
        .split("```sql\n")
        .slice(1)
        .map((part) => part.slice(0, part.indexOf("\n```")));
      const statements = (text: string) => text.split(";").filter((statement) => statement.trim() !== "");
      const first = lane().isWhole ? servers.slice(0, 1) : servers;
      for (const server of first) for (const statement of statements(login)) await server.sql(statement);
      for (const name of ["articles", "citations-2026"]) await create(name);
      const record = (namespace: string, key: string, fields: object = {}) => ({
        namespace,
        key,
        vector,
        ...fields,
      });
      const full = { value: "text", metadata: toStruct({ language: "en" }), tags: ["news"] };
      for (const collection of ["articles", "citations-2026"]) {
        await coordinator.client.vector.upsert({
          collection,
          records: [
            record("acme", "1", full),
            record("acme", "2"),
            record("other", "1", { value: "", metadata: toStruct({}) }),
          ],
        });
      }
      for (const server of first) {
        await server.sql(
          "CREATE TABLE documents (tenant text, id text, title text, published date, PRIMARY KEY (tenant, id))",
        );
        await server.sql("GRANT SELECT ON documents TO reporting");
        await server.sql(
          "INSERT INTO documents VALUES ('acme', '1', 'One', '2026-01-01'), ('acme', '3', 'Three', '2026-01-01')",
        );
      }
      await share("documents");

      const [counts, news, joined, lacking, extra, nearest, cited] = await Promise.all(
        examples.flatMap(statements).map((text) => readAll(text, "reporting")),
      );
      expect(counts?.map(({ namespace, records }) => `${namespace} ${records}`).sort()).toEqual([
        "acme 2",
        "other 1",
      ]);
      expect(news).toEqual([{ key: "1", value: "text" }]);
      expect(joined).toMatchObject([{ title: "One", metadata: { language: "en" } }]);
      if (lane().isWhole) expect(lacking).toEqual([{ tenant: "acme", id: "3" }]);
      expect(extra).toHaveLength(2);
      expect(nearest).toMatchObject([{ title: "One", similarity: 1 }]);
      expect(cited).toEqual([
        { key: "1", value: "text" },
        { key: "2", value: null },
      ]);
    });

    it("a view has the promised columns, and absent fields are NULL", async () => {
      const rows = await readAll("SELECT * FROM orrery_sql.articles ORDER BY namespace, key");
      expect(Object.keys(rows[0] ?? {})).toEqual([
        "namespace",
        "key",
        "value",
        "metadata",
        "tags",
        "vector",
        "created_at",
        "updated_at",
        "version",
      ]);
      const sorted = rows.toSorted((a, b) =>
        `${a.namespace} ${a.key}`.localeCompare(`${b.namespace} ${b.key}`),
      );
      expect(sorted.map(({ value, metadata, tags }) => ({ value, metadata, tags }))).toEqual([
        { value: "text", metadata: { language: "en" }, tags: ["news"] },
        { value: null, metadata: null, tags: [] },
        { value: "", metadata: {}, tags: [] },
      ]);
    });

    it("the reader may read the views, and neither write nor read what else Orrery has", async () => {
      for (const server of lane().servers) {
        const url = as(server, "reporting");
        for (const text of [
          "DELETE FROM orrery_sql.articles",
          "INSERT INTO orrery_sql.articles (namespace) VALUES ('n')",
          "SELECT * FROM orrery.collections",
          "SELECT orrery.catalog()",
          "CREATE TABLE orrery_sql.mine (id int)",
        ]) {
          await expect(runSql(url, text), text).rejects.toMatchObject({
            code: expect.stringMatching(/42501|55000|0A000/),
          });
        }
      }
    });

    it("a view is created and dropped with its collection, with the longest name too", async () => {
      const names = async () =>
        (await readAll("SELECT viewname FROM pg_views WHERE schemaname = 'orrery_sql'")).map(
          ({ viewname }) => viewname,
        );
      await create(LONGEST);
      expect(await names()).toContain(LONGEST);
      await lane().coordinator.client.vector.upsert({
        collection: LONGEST,
        records: [{ namespace: "n", key: "k", vector }],
      });
      expect(await readAll(`SELECT key FROM orrery_sql."${LONGEST}"`, "reporting")).toEqual([{ key: "k" }]);
      expect(await drop(LONGEST)).toMatchObject({ state: "OPERATION_STATE_DONE" });
      expect(await names()).not.toContain(LONGEST);
      // Under the same name, another collection.
      await create(LONGEST);
      expect(await readAll(`SELECT key FROM orrery_sql."${LONGEST}"`, "reporting")).toEqual([]);
    });

    it("a collection whose view is used in SQL is not deleted, and the error names what uses it", async () => {
      const [server] = lane().servers;
      await server?.sql(`CREATE VIEW public.mine AS SELECT key FROM orrery_sql."${LONGEST}"`);
      const refused = await drop(LONGEST);
      expect(refused.state).toBe("OPERATION_STATE_FAILED");
      expect(refused.error?.message).toMatch(/view.* mine depends on view/);
      await lane().coordinator.client.vector.upsert({
        collection: LONGEST,
        records: [{ namespace: "n", key: "k", vector }],
      });
      expect(await readAll(`SELECT key FROM orrery_sql."${LONGEST}"`, "reporting")).toEqual([{ key: "k" }]);
      await server?.sql("DROP VIEW public.mine");
      expect(await drop(LONGEST)).toMatchObject({ state: "OPERATION_STATE_DONE" });
    });
  });
}
