/**
 * Prometheus and Alertmanager accept docker-compose.cluster.yml's files and flags; alerts fire as they
 * should.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { composeService, projectFile } from "../support/compose.ts";
import { freePort } from "../support/free-port.ts";
import { runPrometheus } from "../support/prometheus.ts";
import { giveToServers, startServerProcess, waitUntilReady } from "../support/server-process.ts";
import { createTempFolder } from "../support/temp-folder.ts";

/** Flags of a service of the compose file, with the container's folders replaced. */
function flagsOf(service: string, folders: Readonly<Record<string, string>>): readonly string[] {
  return (composeService(service).command ?? []).map((flag) =>
    Object.entries(folders).reduce((text, [from, to]) => text.replace(`=${from}`, `=${to}`), flag),
  );
}

/** A folder that belongs to the servers, with a copy of the project's files in deploy/`name`. */
function copyOf(name: string): string {
  const folder = createTempFolder(`orrery-${name}`);
  giveToServers(folder);
  cpSync(projectFile("deploy", name), folder, { recursive: true });
  return folder;
}

describe("Prometheus", () => {
  it("accepts the configuration and the rules of Prometheus", () => {
    execFileSync("promtool", ["check", "config", projectFile("deploy/prometheus/prometheus.yml")]);
  });

  it("starts with the flags and the configuration of the compose file", async () => {
    const folder = copyOf("prometheus");
    const server = await runPrometheus(
      folder,
      flagsOf("prometheus", { "/etc/prometheus": folder, "/prometheus": join(folder, "data") }),
    );
    const { groups } = await server.api("rules");
    await server.stop();
    const names = groups.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(["orrery-search", "orrery-service", "orrery-shards"]));
  });

  const folder = projectFile("deploy/prometheus/tests");
  it.each(readdirSync(folder))("passes promtool test rules %s", (name) => {
    const { status, stdout, stderr } = spawnSync("promtool", ["test", "rules", join(folder, name)], {
      encoding: "utf8",
    });
    expect(`${stdout}${stderr}`).toContain("SUCCESS");
    expect(status).toBe(0);
  });
});

describe("Alertmanager", () => {
  const file = projectFile("deploy/alertmanager/alertmanager.yml");

  it("accepts Alertmanager's file as it is shipped", () => {
    execFileSync("amtool", ["check-config", file]);
  });

  it("accepts Alertmanager's channels once they are uncommented", () => {
    const filled = readFileSync(file, "utf8").replaceAll(/^ {4}# /gm, "    ");
    expect(filled).toContain("\n    slack_configs:");
    const copy = join(createTempFolder(), "alertmanager.yml");
    writeFileSync(copy, filled);
    execFileSync("amtool", ["check-config", copy]);
  });

  it.each([
    ["critical", "on-call"],
    ["warning", "team"],
  ])("routes %s alerts to %s", (severity, receiver) => {
    const args = ["config", "routes", "test", `--config.file=${file}`, `severity=${severity}`];
    expect(execFileSync("amtool", args, { encoding: "utf8" }).trim()).toBe(receiver);
  });

  it("starts with the flags and the file of the compose file", async () => {
    const folder = copyOf("alertmanager");
    const address = `127.0.0.1:${await freePort()}`;
    const flags = flagsOf("alertmanager", {
      "/etc/alertmanager": folder,
      "/alertmanager": join(folder, "data"),
    });
    const server = startServerProcess(
      "prometheus-alertmanager",
      [...flags, `--web.listen-address=${address}`, "--cluster.listen-address="],
      folder,
    );
    const ready = async () => {
      if (!(await fetch(`http://${address}/-/ready`)).ok) throw new Error("not ready");
    };
    await waitUntilReady(server, ready, "Alertmanager");
    await server.end("SIGTERM", 10_000);
  });
});
