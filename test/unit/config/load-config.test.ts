import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type ConfigSources, configNotes, loadConfig } from "../../../src/config/load.ts";
import { renderConfig, secretsOf } from "../../../src/config/secrets.ts";
import { SECRET_PATHS, settings } from "../../../src/config/settings.ts";
import { OrreryError } from "../../../src/errors.ts";

const folder = mkdtempSync(join(tmpdir(), "orrery-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** field -> description of every problem. */
function problems(sources: ConfigSources): Record<string, string> {
  try {
    loadConfig({ env: {}, ...sources });
  } catch (error) {
    if (!(error instanceof OrreryError) || error.code !== "CONFIG_INVALID") throw error;
    for (const { field, description } of error.details.fields ?? []) {
      expect(error.message).toContain(`${field}: ${description}`);
    }
    return Object.fromEntries((error.details.fields ?? []).map((one) => [one.field, one.description]));
  }
  return {};
}

describe("sources", () => {
  it("a configuration with nothing set is the embedded engine with the documented addresses", () => {
    const config = loadConfig({ env: {} });
    expect(config.engine).toBe("embedded");
    expect(config.embedded.nodes).toBe(2);
    expect(config.rpc.listen).toBe("127.0.0.1:50051");
    expect(config.http.listen).toBe("127.0.0.1:8080");
  });

  it("the environment goes before the file and flags before both", () => {
    const path = file("layers.yaml", "pool: { max: 1, queue: 1, workMem: 1MB }\n");
    const config = loadConfig({
      file: path,
      env: { ORRERY_POOL_QUEUE: "2", ORRERY_POOL_WORK_MEM: "2MB" },
      flags: { "pool.workMem": "3MB" },
    });
    expect(config.pool).toMatchObject({ max: 1, queue: 2, workMem: "3MB" });
  });

  it("ORRERY_CONFIG names the file", () => {
    const path = file("named.yaml", "pool: { max: 7 }\n");
    expect(loadConfig({ env: { ORRERY_CONFIG: path } }).pool.max).toBe(7);
  });

  it("sections and files left empty count as absent", () => {
    const path = file("empty-section.yaml", "pool:\n  # max: 3\nquery:\n  exactMaxRows:\n");
    expect(loadConfig({ file: path, env: {} }).query.exactMaxRows).toBe(1000);
    expect(loadConfig({ file: file("empty.yaml", "# nothing yet\n"), env: {} }).pool.max).toBe(10);
  });

  it("variables hold lists with commas, mappings with =, flags as true and false", () => {
    const config = loadConfig({
      env: {
        ORRERY_ENGINE: "postgres",
        ORRERY_POSTGRES_URLS: "postgres://a/x, postgres://b/x",
        ORRERY_NODE_ADDRESSES: "worker-1:5432=127.0.0.1:7001, worker-2:5432=[::1]:7002",
        ORRERY_RPC_REFLECTION: "false",
        ORRERY_METRICS_SHARD_SAMPLE_RATE: "0.25",
        ORRERY_POOL_QUEUE: "",
      },
    });
    expect(config.postgres.urls).toEqual(["postgres://a/x", "postgres://b/x"]);
    expect(config.metrics.shardSampleRate).toBe(0.25);
    expect(config.node.addresses).toEqual({
      "worker-1:5432": "127.0.0.1:7001",
      "worker-2:5432": "[::1]:7002",
    });
    expect(config.rpc.reflection).toBe(false);
    expect(config.pool.queue).toBe(1000);
  });

  it("the names users rely on are what the schema yields", () => {
    const variables = settings().map(({ variable }) => variable);
    expect(variables).toEqual(
      expect.arrayContaining([
        "ORRERY_ENGINE",
        "ORRERY_CITUS_URL",
        "ORRERY_CITUS_ADMIN_URL",
        "ORRERY_POSTGRES_URLS",
        "ORRERY_POOL_MAX",
        "ORRERY_NODE_ADDRESSES",
        "ORRERY_ETCD_ENDPOINTS",
        "ORRERY_ETCD_PREFIX",
        "ORRERY_RPC_LISTEN",
        "ORRERY_HTTP_LISTEN",
        "ORRERY_LOG_LEVEL",
        "ORRERY_EMBEDDED_NODES",
        "ORRERY_EMBEDDED_DATA",
      ]),
    );
    expect(new Set(variables).size).toBe(variables.length);
  });

  it("a secret is read from a file, without the line end", () => {
    const path = file("password", "s3same\n");
    expect(loadConfig({ env: { ORRERY_ETCD_PASSWORD_FILE: path } }).etcd.password).toBe("s3same");
  });

  it("the result is frozen all the way down", () => {
    const config = loadConfig({ env: {} });
    expect(Object.isFrozen(config.pool)).toBe(true);
    expect(Object.isFrozen(config.etcd.endpoints)).toBe(true);
  });
});

describe("problems", () => {
  it("all problems are reported at once, with the path and where it was set", () => {
    const path = file("wrong.yaml", "pool: { max: 0 }\nquery: { efSearch: many }\nlog: 5\n");
    const found = problems({
      file: path,
      env: { ORRERY_ENGINE: "citus", ORRERY_RPC_LISTEN: "50051", ORRERY_POOL_QUEUE: "many" },
      flags: { "http.listen": "nowhere" },
    });
    expect(Object.keys(found).sort()).toEqual(
      ["citus.url", "http.listen", "log", "pool.max", "pool.queue", "query.efSearch", "rpc.listen"].sort(),
    );
    expect(found["pool.max"]).toContain(`(${path})`);
    expect(found["rpc.listen"]).toBe("must be host:port (ORRERY_RPC_LISTEN)");
    expect(found["pool.queue"]).toContain("(ORRERY_POOL_QUEUE)");
    expect(found["http.listen"]).toBe("must be host:port (--set http.listen)");
  });

  it("a setting of the wrong kind is told what it must be, in the words of the settings", () => {
    const path = file(
      "kinds.yaml",
      "rpc: { reflection: 'yes' }\npool: { max: 1.5 }\nlog: { level: loud }\npostgres: { urls: x }\n",
    );
    const env = {
      ORRERY_RPC_PROMPT_TRAILERS: "on",
      ORRERY_POOL_QUEUE: "many",
      ORRERY_REBALANCE_THRESHOLD: "1,5",
      ORRERY_EMBEDDED_NODES: "17",
    };
    expect(problems({ file: path, env })).toEqual({
      "rpc.reflection": `must be true or false (${path})`,
      "rpc.promptTrailers": "must be true or false (ORRERY_RPC_PROMPT_TRAILERS)",
      "pool.max": `must be a whole number (${path})`,
      "pool.queue": "must be a number (ORRERY_POOL_QUEUE)",
      "rebalance.threshold": "must be a number (ORRERY_REBALANCE_THRESHOLD)",
      "embedded.nodes": "must be at most 16 (ORRERY_EMBEDDED_NODES)",
      "log.level": expect.stringMatching(/^must be .*debug, .* or \w+ \(/),
      "postgres.urls": `must be a list (${path})`,
    });
  });

  it.each([
    ["rpc.listen", "127.0.0.1:65536"],
    ["http.listen", "[::1]:99999"],
    ["rpc.advertise", "a/b:80"],
    ["citus.url", "postgres://u:p/w@h/db"],
    ["postgres.urls", "postgres://h:99999/db"],
    ["etcd.endpoints", "http://h:99999"],
    ["pool.workMem", "1kB"],
    ["pool.workMem", "9999999GB"],
    ["pool.maxScanTuples", "3000000000"],
    ["pool.statementTimeoutMs", "3000000000"],
    ["topology.publishIntervalMs", "3000000000"],
    ["http.listen", "0.0.0.0:50051"],
  ])("%s refuses %s, which no coordinator could run with", (path, value) => {
    const flags = { [path]: value, ...(path.startsWith("etcd") && { engine: "postgres" }) };
    expect(Object.keys(problems({ flags })).join()).toContain(path);
  });

  it("unknown settings, variables and flags are refused with the nearest known one", () => {
    const path = file("unknown.yaml", "poool: { max: 3 }\nrpc: { listn: 'a:1' }\nxyzzy: 1\n");
    const found = problems({
      file: path,
      env: { ORRERY_POOL_MAXX: "3", ORRERY_TEST_LANES: "unit", OTHER: "x" },
      flags: { "etcd.prefx": "/x" },
    });
    expect(found).toEqual({
      poool: `unknown setting; did you mean pool? (${path})`,
      "rpc.listn": `unknown setting; did you mean listen? (${path})`,
      xyzzy: `unknown setting (${path})`,
      ORRERY_POOL_MAXX: "unknown variable; did you mean ORRERY_POOL_MAX?",
      "etcd.prefx": "unknown setting; did you mean etcd.prefix?",
    });
  });

  it("only secrets come from files, and only from one place", () => {
    const found = problems({
      env: {
        ORRERY_POOL_MAX_FILE: "x",
        ORRERY_ETCD_PASSWORD: "a",
        ORRERY_ETCD_PASSWORD_FILE: file("twice", "b"),
        ORRERY_CITUS_URL_FILE: join(folder, "missing"),
      },
    });
    expect(found.ORRERY_POOL_MAX_FILE).toContain("unknown variable");
    expect(found["etcd.password"]).toBe("given twice, by ORRERY_ETCD_PASSWORD and ORRERY_ETCD_PASSWORD_FILE");
    expect(found["citus.url"]).toMatch(/ENOENT.*\(ORRERY_CITUS_URL_FILE\)/);
  });

  it.each([
    ["citus without its URL", { ORRERY_ENGINE: "citus" }, "citus.url"],
    ["postgres without URLs", { ORRERY_ENGINE: "postgres" }, "postgres.urls"],
    ["embedded with etcd", { ORRERY_ETCD_ENDPOINTS: "http://localhost:2379" }, "etcd.endpoints"],
  ])("engine %s is refused", (_, env, field) => {
    expect(Object.keys(problems({ env }))).toEqual([field]);
  });

  it.each([
    ["the same URL twice", "postgres://a@h:5432/x,postgres://a@h:5432/x"],
    ["two databases of one server", "postgres://a@h:5432/x,postgres://a@h:5432/y"],
    ["the default port with and without its number", "postgres://a@H/x,postgres://b@h:5432/y"],
    ["a server by its parameters", "postgres://a@h/x,postgres:///y?host=h"],
  ])("engine postgres refuses %s, naming both URLs", (_, urls) => {
    const env = { ORRERY_ENGINE: "postgres", ORRERY_POSTGRES_URLS: `postgres://z@g/x,${urls}` };
    expect(problems({ env })).toEqual({
      "postgres.urls": expect.stringMatching(
        /^postgres\.urls\[2\] is on the same server as postgres\.urls\[1\], h:5432: /i,
      ),
    });
  });

  it("engine postgres takes two servers of one machine, and the same database name on each", () => {
    const env = { ORRERY_POSTGRES_URLS: "postgres://a@h:5432/x,postgres://a@h:5433/x,postgres://a@g/x" };
    expect(loadConfig({ env }).postgres.urls).toHaveLength(3);
  });

  it("a file that is not there, not YAML or not a mapping is named, and its text is not shown", () => {
    const missing = join(folder, "none.yaml");
    expect(problems({ file: missing })[missing]).toMatch(/^cannot be read: ENOENT/);
    const broken = file("broken.yaml", "etcd: { password: s3same\npool: ]\n");
    expect(problems({ file: broken })[broken]).toMatch(/^not YAML: .* at line \d+/);
    expect(problems({ file: broken })[broken]).not.toContain("s3same");
    const list = file("list.yaml", "- a\n");
    expect(problems({ file: list })[list]).toBe("must hold settings by name");
  });

  it("a wrong secret is not shown", () => {
    const found = problems({ env: { ORRERY_CITUS_URL: "mysql://u:s3same@h/db", ORRERY_ENGINE: "citus" } });
    expect(found["citus.url"]).toBe("must be a postgres:// URL (ORRERY_CITUS_URL)");
  });
});

describe("secrets", () => {
  const config = loadConfig({
    env: {
      ORRERY_ENGINE: "citus",
      ORRERY_CITUS_URL: "postgres://u:canary%2D1@h:5432/db",
      ORRERY_CITUS_ADMIN_URL: "postgres://admin@h/db?password=canary-2",
      ORRERY_POSTGRES_URLS: "postgres://u:canary-3@a/x,postgres://u:canary-4@b/x",
      ORRERY_ETCD_PASSWORD: "canary-5",
      ORRERY_ETCD_ENDPOINTS: "http://root:canary-6@h:2379",
    },
  });

  it("secrets are masked in the printed configuration, which otherwise can be loaded again", () => {
    const printed = renderConfig(config);
    expect(printed).not.toContain("canary");
    expect(printed).toContain("url: postgres://u:***@h:5432/db");
    const again = loadConfig({ file: file("printed.yaml", printed), env: {} });
    expect(again.pool).toEqual(config.pool);
    expect(again.etcd.prefix).toBe(config.etcd.prefix);
  });

  it("secrets are listed for the logger, also as decoded", () => {
    expect(secretsOf(config)).toEqual(
      expect.arrayContaining(["canary%2D1", ...[1, 2, 3, 4, 5, 6].map((number) => `canary-${number}`)]),
    );
  });

  it("secrets are at paths that exist", () => {
    const paths = settings().map(({ path }) => path);
    for (const path of SECRET_PATHS) expect(paths).toContain(path);
  });
});

it("notes warn of data that is gone at exit and of a map that is not shared", () => {
  expect(configNotes(loadConfig({ env: {} }))).toEqual([expect.stringContaining("gone at exit")]);
  expect(configNotes(loadConfig({ env: { ORRERY_EMBEDDED_DATA: "/data" } }))).toEqual([]);
  const postgres = { ORRERY_ENGINE: "postgres", ORRERY_POSTGRES_URLS: "postgres://h/db" };
  expect(configNotes(loadConfig({ env: postgres }))).toEqual([
    expect.stringContaining("one coordinator only"),
  ]);
});
