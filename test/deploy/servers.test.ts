/** etcd and PostgreSQL start with the flags and settings from docker-compose.cluster.yml. */
import { execFileSync } from "node:child_process";
import { readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { knowsSetting } from "../support/citus-cluster.ts";
import { composeService, deployedPostgresSettings, projectFile } from "../support/compose.ts";
import { freePort } from "../support/free-port.ts";
import { postgresBinary } from "../support/postgres-server.ts";
import {
  giveToServers,
  startServerProcess,
  unprivileged,
  waitUntilReady,
} from "../support/server-process.ts";
import { createTempFolder } from "../support/temp-folder.ts";

it("starts etcd with its flags, and its health check in the compose file passes", async () => {
  const { command = [], healthcheck } = composeService("etcd");
  const folder = createTempFolder("orrery-etcd");
  giveToServers(folder);
  const [client, peer] = [await freePort(), await freePort()];
  const here = (text: string) =>
    text
      .replace("/etcd-data", join(folder, "data"))
      .replace(/http:\/\/(0\.0\.0\.0|etcd|127\.0\.0\.1):2379/, `http://127.0.0.1:${client}`)
      .replace(":2380", `:${peer}`);
  const [program = "", ...flags] = command.map(here);
  const server = startServerProcess(program, flags, folder);
  const [, check = "", ...args] = (healthcheck?.test ?? []).map(here);
  await waitUntilReady(server, async () => execFileSync(check, args, { stdio: "pipe" }), "etcd");
  await server.end("SIGTERM", 10_000);
});

it("writes the password file of a node at each start, for its user alone", () => {
  const folder = createTempFolder("orrery-start-node");
  for (const [name, text, mode] of [
    ["docker-entrypoint.sh", '#!/bin/sh\nexec "$@"\n', 0o755],
    ["postgres_password", "a:b\\c", 0o644],
    ["orrery_password", "second", 0o644],
    ["pgpass", "of an earlier start", 0o666],
  ] as const)
    writeFileSync(join(folder, name), text, { mode });
  const script = projectFile("deploy/citus/start-node");
  const passwords = join(folder, "pgpass");
  const env = { PATH: `${folder}:${process.env.PATH}`, SECRETS: folder, PGPASSFILE: passwords };
  expect(execFileSync(script, ["echo", "started"], { env, encoding: "utf8" })).toBe("started\n");
  expect(readFileSync(passwords, "utf8")).toBe("*:*:*:postgres:a\\:b\\\\c\n*:*:*:orrery:second\n");
  expect(statSync(passwords).mode & 0o777).toBe(0o600);
  const [, usual = ""] = /PGPASSFILE:-([^}]+)}/.exec(readFileSync(script, "utf8")) ?? [];
  const image = readFileSync(projectFile("deploy/citus/Dockerfile"), "utf8");
  expect(image).toMatch(
    new RegExp(`^RUN install --directory --owner=postgres .*--mode=700 ${dirname(usual)}$`, "m"),
  );
});

describe("PostgreSQL", () => {
  const file = projectFile("deploy/citus/postgresql.conf");
  const settings = deployedPostgresSettings();

  it("accepts every setting of PostgreSQL as it is written", () => {
    const folder = createTempFolder("orrery-postgres");
    giveToServers(folder);
    const as = { ...unprivileged(), cwd: folder, encoding: "utf8" as const };
    const data = join(folder, "data");
    execFileSync(postgresBinary("initdb"), ["-D", data, "-U", "postgres", "--no-sync"], as);
    expect(Object.keys(settings).length).toBeGreaterThan(10);
    for (const [name, value] of Object.entries(settings)) {
      const args = ["-D", data, "-c", `config_file=${file}`, "-C", name];
      const effective = execFileSync(postgresBinary("postgres"), args, as).trim();
      // PostgreSQL may print a value with a unit in another unit.
      if (!/^\d+\w+$/.test(value) || /^\d+$/.test(value))
        expect([name, effective]).toEqual([name, value.trim()]);
    }
  });

  it("has the settings that moves and splits need, as orrery doctor requires them", () => {
    expect(settings).toMatchObject({ wal_level: "logical", shared_preload_libraries: "citus" });
    expect(Number(settings.max_prepared_transactions)).toBeGreaterThanOrEqual(
      Number(settings.max_connections),
    );
    const image = readFileSync(projectFile("deploy/citus/Dockerfile"), "utf8");
    expect(image).toContain("output_plugin_libraries = 'pgoutput, citus'");
  });

  it("lists the plugin that splits need where the server knows the setting, at every build of the image", () => {
    const image = readFileSync(projectFile("deploy/citus/Dockerfile"), "utf8");
    const [, run = ""] = /^RUN (if [\s\S]*?; fi)$/m.exec(image.replaceAll("\\\n", "")) ?? [];
    const added = join(createTempFolder(), "postgresql.conf");
    writeFileSync(added, "");
    const command = run.replaceAll("/etc/orrery/postgresql.conf", added);
    const env = { PATH: `${dirname(postgresBinary("postgres"))}:${process.env.PATH}` };
    // The shell that the Citus image sets for its builds.
    const build = () => execFileSync("/bin/bash", ["-o", "pipefail", "-c", command], { env });
    for (let times = 0; times < 20; times += 1) build();
    const line = "output_plugin_libraries = 'pgoutput, citus'\n";
    expect(readFileSync(added, "utf8")).toBe(knowsSetting("output_plugin_libraries") ? line.repeat(20) : "");
  });

  it("gives a node the shared memory that an index build may take", () => {
    const { shm_size } = composeService("citus-worker-1") as unknown as { shm_size: string };
    const { maintenance_work_mem = "" } = settings;
    expect(Number.parseInt(shm_size, 10)).toBeGreaterThan(Number.parseInt(maintenance_work_mem, 10));
  });
});
