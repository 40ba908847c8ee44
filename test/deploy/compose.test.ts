/** Docker Compose itself accepts docker-compose.cluster.yml and resolves it as written. Needs no engine. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findCompose } from "../../scripts/compose-client.mjs";
import { type ComposeService, projectFile, readCompose } from "../support/compose.ts";

const FILE = "docker-compose.cluster.yml";
const compose = readCompose();
const services = Object.entries(compose.services);
const profiles = [...new Set(services.flatMap(([, { profiles: of = [] }]) => of))];

/** What `docker compose config` says of a file, given on standard input, with some profiles. */
function config(text: string, withProfiles: readonly string[]) {
  const command = findCompose();
  if (command === undefined) throw new Error("no Docker Compose 2 or newer: run scripts/provision as root");
  const [program, ...first] = command;
  const args = withProfiles.flatMap((profile) => ["--profile", profile]);
  const folder = ["--project-directory", projectFile()];
  return spawnSync(program, [...first, "--file", "-", ...folder, ...args, "config", "--format", "json"], {
    input: text,
    encoding: "utf8",
    env: { PATH: process.env.PATH },
  });
}

const shipped = readFileSync(projectFile(FILE), "utf8");

/** A service as Compose resolves it. */
function resolved(service: ComposeService) {
  const { image, build, command, environment, secrets, volumes, ports, healthcheck, depends_on } = service;
  return {
    image,
    ...(build !== undefined && { build: { context: projectFile(build), dockerfile: "Dockerfile" } }),
    command: command ?? null,
    entrypoint: null,
    ...(environment !== undefined && { environment }),
    ...(secrets !== undefined && {
      secrets: secrets.map((source) => ({ source, target: `/run/secrets/${source}` })),
    }),
    ...(volumes !== undefined && { volumes: volumes.map(resolvedVolume) }),
    ...(ports !== undefined && { ports: ports.map(resolvedPort) }),
    ...(healthcheck !== undefined && { healthcheck: resolvedCheck(healthcheck) }),
    ...(depends_on !== undefined && {
      depends_on: Object.fromEntries(
        Object.entries(depends_on).map(([name, { condition }]) => [name, { condition, required: true }]),
      ),
    }),
  };
}

function resolvedVolume(volume: string) {
  const [source = "", target, mode] = volume.split(":");
  if (!source.startsWith("./")) return { type: "volume", source, target };
  return { type: "bind", source: projectFile(source), target, read_only: mode === "ro" };
}

function resolvedPort(port: string) {
  const [host_ip, published, target] = port.split(":");
  return { host_ip, published, target: Number(target), protocol: "tcp" };
}

function resolvedCheck({ test: command, disable }: NonNullable<ComposeService["healthcheck"]>) {
  return { ...(command !== undefined && { test: command }), ...(disable === true && { disable }) };
}

describe.each([
  { title: "no profile", chosen: [] },
  ...profiles.map((profile) => ({ title: `the profile ${profile}`, chosen: [profile] })),
  { title: "every profile", chosen: profiles },
])("with $title", ({ chosen }) => {
  const { status, stdout, stderr } = config(shipped, chosen);
  const wanted = services.filter(
    ([, { profiles: of }]) => of === undefined || of.some((name) => chosen.includes(name)),
  );

  it("is accepted without a complaint", () => {
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  it("has the services that belong to it, each as it is written", () => {
    const { services: found } = JSON.parse(stdout);
    expect(Object.keys(found).toSorted()).toEqual(wanted.map(([name]) => name).toSorted());
    for (const [name, service] of wanted)
      expect([name, found[name]]).toMatchObject([name, resolved(service)]);
  });

  it("has everything that services use: secrets from their files, volumes", () => {
    const { secrets, volumes } = JSON.parse(stdout);
    for (const [, { secrets: used = [], volumes: mounted = [] }] of wanted) {
      for (const name of used)
        expect(secrets[name]).toMatchObject({ file: join(projectFile(), compose.secrets[name]?.file ?? "") });
      for (const { type, source } of mounted.map(resolvedVolume))
        if (type === "volume") expect(Object.keys(volumes)).toContain(source);
    }
  });
});

describe("a file with a mistake", () => {
  it.each([
    [
      "a service waits for one that does not exist",
      "migrate: { condition",
      "migrated: { condition",
      "migrated",
    ],
    [
      "a service uses a secret that does not exist",
      "secrets: [citus_url,",
      "secrets: [no_such_url,",
      "no_such_url",
    ],
    ["a volume does not exist", 'volumes: ["etcd:', 'volumes: ["lost:', "lost"],
    ["a key is unknown to Compose", "stop_grace_period: 30s", "stop_grace_time: 30s", "stop_grace_time"],
    ["a port is invalid", "127.0.0.1:9093:9093", "127.0.0.1:9093:none", "none"],
    ["an interval is invalid", "interval: 3s", "interval: often", "often"],
    ["a condition is invalid", "condition: service_healthy", "condition: healthy", "depends_on"],
  ])("refuses a file in which %s", (_, right, wrong, named) => {
    expect(shipped).toContain(right);
    const { status, stderr } = config(shipped.replace(right, wrong), profiles);
    expect(stderr).toContain(named);
    expect(status).not.toBe(0);
  });
});
