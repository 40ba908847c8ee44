/**
 * The images of docker-compose.cluster.yml, built and started as they are. Needs a Docker engine.
 */
import { execFileSync } from "node:child_process";
import { DockerComposeEnvironment, type StartedDockerComposeEnvironment, Wait } from "testcontainers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toVector } from "../../src/cli/values.ts";
import { type Client, createClient } from "../../src/client/client.ts";
import { projectFile } from "../support/compose.ts";
import { waitFor } from "../support/wait-for.ts";

let environment: StartedDockerComposeEnvironment;
const clients: Client[] = [];

beforeAll(async () => {
  execFileSync(projectFile("deploy/make-secrets"));
  environment = await new DockerComposeEnvironment(projectFile(), "docker-compose.cluster.yml")
    .withProjectName(`orrery-test-${process.pid}`)
    .withBuild()
    .withProfiles("monitoring")
    .withDefaultWaitStrategy(Wait.forHealthCheck())
    .withStartupTimeout(1_200_000)
    .up();
  clients.push(createClient("127.0.0.1:50051"), createClient("127.0.0.1:50052"));
});

afterAll(async () => {
  for (const client of clients) client.close();
  await environment?.down({ removeVolumes: true });
});

describe("the cluster in containers", () => {
  it("the cluster in containers takes writes through one coordinator and returns them through the other", async () => {
    const vector = toVector(Array.from({ length: 384 }, (_, at) => Math.sin(at)));
    const [first, second] = clients as [Client, Client];
    await first.vector.upsert({ records: [{ namespace: "tenant", key: "a key", value: "found", vector }] });
    const { hits } = await second.vector.search({ allNamespaces: true, vector });
    expect(hits).toMatchObject([{ key: "a key", value: "found" }]);
  });

  it("the cluster in containers passes the doctor's checks", async () => {
    const { exitCode, output } = await environment
      .getContainer("orrery-1-1")
      .exec(["node", "/app/dist/src/main.js", "doctor"]);
    for (const node of ["citus-coordinator", "citus-worker-1", "citus-worker-2", "citus-worker-3"])
      expect(output).toContain(`${node}:5432 wal_level`);
    expect(exitCode).toBe(0);
  });

  it("the cluster in containers is scraped by Prometheus and shown in Grafana", async () => {
    const targets = async () => {
      const response = await fetch("http://127.0.0.1:9090/api/v1/query?query=sum(up)");
      const { data } = (await response.json()) as { data: { result: { value: [number, string] }[] } };
      return Number(data.result[0]?.value[1]);
    };
    // Two coordinators, four nodes, etcd, Prometheus, Alertmanager.
    await waitFor(async () => (await targets()) === 9, { what: "all targets to be up", timeoutMs: 60_000 });
    expect((await fetch("http://127.0.0.1:3000/api/health")).status).toBe(200);
  });
});
