import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { f32, runMigrate, startTestCoordinator, type TestCoordinator } from "../support/coordinator.ts";
import { finished } from "../support/finished.ts";
import { type PostgresServer, startPostgres } from "../support/postgres-server.ts";
import { testLengths } from "../support/suites/lengths.ts";

const NAMESPACE = "notes";
/** All of one sign, so that their bits are the same; `bent` is less similar to it than `flipped`. */
const STRAIGHT = [1, 1, 1, 1, 1, 1, 1, 1];
const BENT = [1, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01, 0.01];
const FLIPPED = [1, 1, 1, 1, 1, 1, 1, -0.01];
const EXACT_ORDER = ["flipped", "bent"];

let server: PostgresServer;
let coordinator: TestCoordinator;

/** Without sorting and sequential scans PostgreSQL has no other way than the index. */
beforeAll(async () => {
  server = await startPostgres({ settings: { enable_seqscan: "off", enable_sort: "off" } });
  const env = {
    ORRERY_ENGINE: "postgres",
    ORRERY_POSTGRES_URLS: server.url(),
    ORRERY_COLLECTION_DEFAULT_DIMENSION: "3",
    ORRERY_COLLECTION_SHARDS: "2",
    ORRERY_QUERY_EXACT_MAX_ROWS: "0",
  };
  await runMigrate(env);
  coordinator = await startTestCoordinator(env);
});

afterAll(async () => {
  await coordinator?.stop();
  await server?.stop();
});

testLengths(() => coordinator, { usesIndex: true });

async function create(
  name: string,
  quantization: "QUANTIZATION_HALF" | "QUANTIZATION_BINARY" | "QUANTIZATION_NONE",
) {
  const settings = { name, dimension: STRAIGHT.length, quantization, shardCount: 1 };
  await finished(coordinator, await coordinator.client.collection.createCollection({ collection: settings }));
}

const keysOf = ({ hits }: { readonly hits: readonly { readonly key: string }[] }) =>
  hits.map(({ key }) => key);

describe("rescore: false", () => {
  beforeAll(async () => {
    await create("signs", "QUANTIZATION_BINARY");
    const records = [
      { namespace: NAMESPACE, key: "bent", vector: f32(BENT) },
      { namespace: NAMESPACE, key: "flipped", vector: f32(FLIPPED) },
    ];
    await coordinator.client.vector.upsert({ collection: "signs", records });
  });

  const search = (topK: number, rescore?: boolean) =>
    coordinator.client.vector.search({
      collection: "signs",
      namespaces: [NAMESPACE],
      vector: f32(STRAIGHT),
      topK,
      params: rescore === undefined ? {} : { rescore },
      includeProfile: true,
    });

  it("the index alone chooses the records when rescore is false, and exact similarity chooses otherwise", async () => {
    expect(keysOf(await search(1))).toEqual(["flipped"]);
    expect(keysOf(await search(1, true))).toEqual(["flipped"]);
    const found = await search(1, false);
    expect(keysOf(found)).toEqual(["bent"]);
    expect(found.profile?.targets).toMatchObject([{ strategy: "ann", candidates: 1 }]);
  });

  it("what the index chose is ordered by exact similarity, with rescore false too", async () => {
    expect(keysOf(await search(2, false))).toEqual(EXACT_ORDER);
    expect(keysOf(await search(2))).toEqual(EXACT_ORDER);
  });
});

describe.each(["none", "half", "binary"] as const)(
  "a vector of zeros written in SQL with quantization %s",
  (kind) => {
    const collection = `zeros-${kind}`;
    const search = (request: object) =>
      coordinator.client.vector.search({ collection, vector: f32(STRAIGHT), topK: 5, ...request });

    beforeAll(async () => {
      await create(collection, `QUANTIZATION_${kind.toUpperCase()}` as "QUANTIZATION_HALF");
      const records = [
        { namespace: NAMESPACE, key: "a", vector: f32(FLIPPED) },
        { namespace: NAMESPACE, key: "b", vector: f32(BENT) },
      ];
      await coordinator.client.vector.upsert({ collection, records });
      const [table] = await server.sql(
        "SELECT table_name || '_' || shard_id AS name FROM orrery.collections c JOIN orrery.shards s ON s.collection_id = c.id WHERE c.name = $1",
        [collection],
      );
      await server.sql(
        `INSERT INTO orrery_data.${table?.name} SELECT shard_key, namespace, 'zero-' || i, value, metadata, tags,
  array_fill(0, ARRAY[8])::vector, created_at, updated_at, version
FROM orrery_data.${table?.name}, generate_series(1, 3) i WHERE key = 'a'`,
      );
    });

    it.each([{ exact: true }, { exact: false }, { exact: false, oversampling: 100 }])(
      "is never a hit, and the others are found, with %o",
      async (params) => {
        for (const scope of [{ namespaces: [NAMESPACE] }, { allNamespaces: true }]) {
          for (const topK of [1, 2, 5]) {
            const found = await search({ ...scope, params, topK });
            expect(keysOf(found)).toEqual(["a", "b"].slice(0, topK));
            expect(found.completeness?.complete).toBe(true);
          }
        }
      },
    );

    it("is refused by name as the record to search by", async () => {
      await expect(
        search({
          vector: undefined,
          record: { namespace: NAMESPACE, key: "zero-1" },
          namespaces: [NAMESPACE],
        }),
      ).rejects.toMatchObject({
        failure: {
          status: "INVALID_ARGUMENT",
          reason: "INVALID_REQUEST",
          message: expect.stringMatching(/zero/),
        },
      });
    });

    it("can be read like any other record", async () => {
      const { records } = await coordinator.client.vector.get({
        collection,
        records: [{ namespace: NAMESPACE, key: "zero-2" }],
      });
      expect(records).toMatchObject([{ key: "zero-2" }]);
    });
  },
);
