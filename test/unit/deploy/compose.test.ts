/** docker-compose.cluster.yml matches the program, the images' files and itself. */
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { loadConfig } from "../../../src/config/load.ts";
import { projectFile, readCompose, readYaml } from "../../support/compose.ts";

const compose = readCompose();
const services = Object.entries(compose.services);
const coordinators = services.filter(([, { command, image }]) => image === "orrery" && command === undefined);
const folder = mkdtempSync(join(tmpdir(), "orrery-compose-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** The secrets, as deploy/make-secrets writes them. */
function makeSecrets(): string {
  copyFileSync(projectFile("deploy/make-secrets"), join(folder, "make-secrets"));
  execFileSync(join(folder, "make-secrets"));
  return join(folder, "secrets");
}
const secrets = makeSecrets();
const secretOf = (name: string) => readFileSync(join(secrets, name), "utf8");

describe("every service", () => {
  it.each(services)(
    "%s: uses an image of a fixed version, or one that is built here",
    (_, { image, build }) => {
      if (build === undefined) expect(image).toMatch(/^[a-z0-9./-]+:v?\d+\.\d+\.\d+$/);
      else expect(existsSync(projectFile(build, "Dockerfile"))).toBe(true);
    },
  );

  it.each(services)("%s: mounts only what exists", (_, { volumes = [], secrets: wanted = [] }) => {
    for (const [source = ""] of volumes.map((volume) => volume.split(":"))) {
      if (source.startsWith("./")) expect(existsSync(projectFile(source)), source).toBe(true);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
    expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining([...wanted]));
  });

  it.each(services)("%s: waits only for services that can be waited for", (_, { depends_on = {} }) => {
    for (const [name, { condition }] of Object.entries(depends_on)) {
      const awaited = compose.services[name];
      if (condition === "service_healthy") expect(awaited?.healthcheck?.test).toBeDefined();
      else expect(awaited).toMatchObject({ command: expect.anything(), healthcheck: { disable: true } });
    }
  });

  it.each(services)("%s: publishes ports to this machine only", (_, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/);
  });

  it("gives every service its own host ports", () => {
    const ports = services.flatMap(([, { ports = [] }]) => ports.map((port) => port.split(":")[1]));
    expect(new Set(ports).size).toBe(ports.length);
  });

  it.each(services)("%s: gets secrets from files", (_, { environment = {}, secrets: mounted = [] }) => {
    for (const [variable, value] of Object.entries(environment)) {
      if (/PASSWORD|URL|SECRET|TOKEN/.test(variable)) expect(variable).toMatch(/_FILE$/);
      if (!value.startsWith("/run/secrets/")) continue;
      expect(mounted).toContain(value.replace("/run/secrets/", ""));
    }
  });
});

describe("secrets", () => {
  it("writes every secret with deploy/make-secrets into a private folder that git ignores", () => {
    const files = Object.values(compose.secrets).map(({ file }) => file.replace("./deploy/secrets/", ""));
    expect(readdirSync(secrets).toSorted()).toEqual(files.toSorted());
    expect(statSync(secrets).mode & 0o777).toBe(0o700);
    expect(readFileSync(projectFile(".gitignore"), "utf8")).toContain("\ndeploy/secrets/\n");
  });

  it("generates random passwords and keeps existing ones", () => {
    const names = [
      "postgres_password",
      "orrery_password",
      "orrery_monitor_password",
      "grafana_admin_password",
    ];
    const passwords = names.map(secretOf);
    expect(new Set(passwords).size).toBe(names.length);
    for (const password of passwords) expect(password).toMatch(/^[0-9a-f]{48}$/);
    makeSecrets();
    expect(names.map(secretOf)).toEqual(passwords);
  });

  it("the URLs and the exporter's file carry the passwords of their logins", () => {
    const url = new URL(secretOf("citus_url"));
    expect([url.username, decodeURIComponent(url.password)]).toEqual(["orrery", secretOf("orrery_password")]);
    const admin = new URL(secretOf("citus_admin_url"));
    expect(decodeURIComponent(admin.password)).toBe(secretOf("postgres_password"));
    const { orrery } = parse(secretOf("postgres_exporter.yml")).auth_modules;
    expect(orrery.userpass).toEqual({
      username: "orrery_monitor",
      password: secretOf("orrery_monitor_password"),
    });
  });
});

describe("coordinators", () => {
  it("runs two coordinators after the one-shot jobs", () => {
    expect(coordinators.map(([name]) => name)).toEqual(["orrery-1", "orrery-2"]);
    expect(compose.services.migrate?.command).toEqual(["migrate"]);
  });

  const withSettings = services.filter(([, { image }]) => image === "orrery");
  it.each(withSettings)("%s: has settings that the program accepts", (_, { environment = {} }) => {
    const env = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, value.replace("/run/secrets", secrets)]),
    );
    const config = loadConfig({ env });
    expect(config).toMatchObject({
      engine: "citus",
      citus: { url: secretOf("citus_url").trim(), adminUrl: secretOf("citus_admin_url").trim() },
    });
    expect(config.etcd.endpoints).toEqual(["http://etcd:2379"]);
  });

  it.each(coordinators)("%s: publishes the ports it listens on", (name, { environment = {}, ports = [] }) => {
    const portOf = (address = "") => address.split(":").at(-1);
    const { ORRERY_RPC_LISTEN, ORRERY_HTTP_LISTEN, ORRERY_RPC_ADVERTISE } = environment;
    expect(ports.map(portOf)).toEqual([ORRERY_RPC_LISTEN, ORRERY_HTTP_LISTEN].map(portOf));
    expect(ORRERY_RPC_ADVERTISE).toBe(`${name}:${portOf(ORRERY_RPC_LISTEN)}`);
  });
});

it("lists the published ports and all services in docs/deployment.md", () => {
  const page = readFileSync(projectFile("docs/deployment.md"), "utf8");
  const rows = [...page.matchAll(/^\| ([\d, ]+) \|/gm)].flatMap(([, ports = ""]) => ports.split(", "));
  const published = services.flatMap(([, { ports = [] }]) => ports.map((port) => port.split(":")[1] ?? ""));
  expect(rows.toSorted()).toEqual(published.toSorted());
  const [, parts = ""] = /^## The parts$([\s\S]*?)^## /m.exec(page) ?? [];
  const listed = parts.replace("`-3`", "`citus-worker-2`, `citus-worker-3`");
  for (const [name] of services) expect(listed).toContain(`\`${name}\``);
});

it("registers exactly the workers that exist", () => {
  const { COORDINATOR, WORKERS = "" } = compose.services["register-nodes"]?.environment ?? {};
  const nodes = services.flatMap(([name, { image, command }]) =>
    image === "orrery-citus" && command === undefined ? [`${name}:5432`] : [],
  );
  expect([COORDINATOR, ...WORKERS.split(" ")]).toEqual(nodes);
});

describe("Prometheus", () => {
  interface Job {
    readonly job_name: string;
    readonly static_configs: readonly { readonly targets: readonly string[] }[];
  }
  const { scrape_configs: jobs } = readYaml<{ scrape_configs: readonly Job[] }>(
    "deploy/prometheus/prometheus.yml",
  );
  const targetsOf = (name: string) =>
    jobs.find(({ job_name }) => job_name === name)?.static_configs.flatMap(({ targets }) => targets);

  it("scrapes every coordinator and every node", () => {
    expect(targetsOf("orrery")).toEqual(coordinators.map(([name]) => `${name}:8080`));
    const { COORDINATOR, WORKERS = "" } = compose.services["register-nodes"]?.environment ?? {};
    const database = compose.services["citus-coordinator"]?.environment?.POSTGRES_DB;
    const nodes = [COORDINATOR, ...WORKERS.split(" ")].map((node) => `${node}/${database}`);
    expect(targetsOf("postgres")).toEqual(nodes);
  });

  it("scrapes services, and notifies Alertmanager, on ports that they have", () => {
    const { alerting } = readYaml<{ alerting: { alertmanagers: readonly Pick<Job, "static_configs">[] } }>(
      "deploy/prometheus/prometheus.yml",
    );
    const targets = [...jobs.filter(({ job_name }) => job_name !== "postgres"), ...alerting.alertmanagers]
      .flatMap(({ static_configs }) => static_configs.flatMap(({ targets: of }) => of))
      .filter((target) => !target.startsWith("localhost:"));
    expect(targets).toContain("alertmanager:9093");
    for (const target of targets) {
      const [name = "", port] = target.split(":");
      expect(JSON.stringify(compose.services[name]), target).toMatch(new RegExp(`:${port}\\b`));
    }
    // The exporter is asked in the nodes' place.
    const text = readFileSync(projectFile("deploy/prometheus/prometheus.yml"), "utf8");
    const [, exporter] = /replacement: "postgres-exporter:(\d+)"/.exec(text) ?? [];
    expect(JSON.stringify(compose.services["postgres-exporter"]?.healthcheck)).toContain(`:${exporter}/`);
  });

  it("scrapes no host that is not a service", () => {
    const hosts = jobs.flatMap(({ static_configs }) =>
      static_configs.flatMap(({ targets }) => targets.map((target) => target.split(":")[0])),
    );
    expect(Object.keys(compose.services)).toEqual(
      expect.arrayContaining(hosts.filter((host) => host !== "localhost")),
    );
  });
});
