/** A Prometheus with the project's rules and the test's targets, on a free port. */
import { chownSync, cpSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { projectFile } from "./compose.ts";
import { freePort } from "./free-port.ts";
import { giveToServers, startServerProcess, unprivileged, waitUntilReady } from "./server-process.ts";
import { createTempFolder } from "./temp-folder.ts";

export interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [time: number, value: string];
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  // biome-ignore lint/suspicious/noExplicitAny: each page has its own shape
  readonly data: any;
}

export interface PrometheusServer {
  readonly url: string;
  /** The present value of an expression; throws Prometheus's error when it is not PromQL. */
  query(expression: string): Promise<readonly Series[]>;
  /** `data` of a page of its API, `rules` for instance. */
  api(page: string): Promise<Answer["data"]>;
  stop(): Promise<void>;
}

export interface PrometheusOptions {
  /** Scraped as the job `orrery`, `host:port` each. */
  readonly targets: readonly string[];
  readonly intervalSeconds?: number;
}

export async function startPrometheus({
  targets,
  intervalSeconds = 1,
}: PrometheusOptions): Promise<PrometheusServer> {
  const folder = createTempFolder("orrery-prometheus");
  giveToServers(folder);
  cpSync(projectFile("deploy/prometheus/rules"), join(folder, "rules"), { recursive: true });
  const interval = `${intervalSeconds}s`;
  const config = {
    global: { scrape_interval: interval, evaluation_interval: interval, scrape_timeout: interval },
    rule_files: ["rules/*.yml"],
    scrape_configs: [{ job_name: "orrery", static_configs: [{ targets }] }],
  };
  writeFileSync(join(folder, "prometheus.yml"), stringify(config));
  const { uid, gid } = unprivileged();
  if (uid !== undefined && gid !== undefined) chownSync(join(folder, "prometheus.yml"), uid, gid);
  return runPrometheus(folder, [
    `--config.file=${join(folder, "prometheus.yml")}`,
    `--storage.tsdb.path=${join(folder, "data")}`,
  ]);
}

/** Starts it in `folder` with these flags, on a free port. */
export async function runPrometheus(folder: string, flags: readonly string[]): Promise<PrometheusServer> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const address = `--web.listen-address=${url.replace("http://", "")}`;
  const server = startServerProcess("prometheus", [...flags, address], folder);
  const ready = async () => {
    if (!(await fetch(`${url}/-/ready`)).ok) throw new Error("not ready");
  };
  await waitUntilReady(server, ready, "Prometheus");
  const api = async (page: string) => {
    const answer = (await (await fetch(`${url}/api/v1/${page}`)).json()) as Answer;
    if (answer.status !== "success") throw new Error(`Prometheus: ${answer.error}`);
    return answer.data;
  };
  return {
    url,
    api,
    query: async (expression) => {
      const { result, resultType } = await api(`query?query=${encodeURIComponent(expression)}`);
      return resultType === "scalar" ? [{ metric: {}, value: result }] : result;
    },
    stop: () => server.end("SIGTERM", 10_000),
  };
}
