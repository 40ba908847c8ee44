/**
 * The cluster of docker-compose.cluster.yml without containers: local servers with the settings of
 * deploy/citus that ask every login for its password, set up by the scripts that the compose file runs.
 */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { knowsSetting } from "./citus-cluster.ts";
import { deployedPostgresSettings, projectFile } from "./compose.ts";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";
import { giveToServers } from "./server-process.ts";
import { createTempFolder } from "./temp-folder.ts";

const run = promisify(execFile);

export interface DeployedCluster {
  /** The Citus coordinator node, then the workers. */
  readonly nodes: readonly PostgresServer[];
  /** Folder of the files that containers see below /run/secrets. */
  readonly secrets: string;
  /** Runs the job `register-nodes`; returns what it prints. */
  registerNodes(): Promise<string>;
  stop(): Promise<void>;
}

export async function startDeployedCluster(workerCount: number): Promise<DeployedCluster> {
  const folder = createTempFolder("orrery-deployed");
  copyFileSync(projectFile("deploy/make-secrets"), join(folder, "make-secrets"));
  await run(join(folder, "make-secrets"));
  const secrets = join(folder, "secrets");

  // The servers inherit what `start-node` leaves to PostgreSQL, and the home of the user they run as.
  const home = createTempFolder("orrery-home");
  giveToServers(home);
  const passwords = join(home, "pgpass");
  Object.assign(process.env, { HOME: home, PGPASSFILE: passwords });
  const programs = join(folder, "bin");
  mkdirSync(programs);
  writeFileSync(join(programs, "docker-entrypoint.sh"), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });
  await run(projectFile("deploy/citus/start-node"), ["true"], {
    env: { PATH: `${programs}:${process.env.PATH}`, SECRETS: secrets, PGPASSFILE: passwords },
  });

  const settings = {
    ...deployedPostgresSettings(),
    ...(knowsSetting("output_plugin_libraries") && { output_plugin_libraries: "pgoutput, citus" }),
    listen_addresses: "127.0.0.1",
  };
  const password = readFileSync(join(secrets, "postgres_password"), "utf8");
  const nodes = await Promise.all(
    Array.from({ length: workerCount + 1 }, async () => {
      const server = await startPostgres({ settings });
      await server.sql("CREATE EXTENSION citus");
      await server.sql(`ALTER ROLE postgres PASSWORD '${password}'`);
      writeFileSync(join(server.dataFolder, "pg_hba.conf"), "host all all 127.0.0.1/32 scram-sha-256\n");
      await server.sql("SELECT pg_reload_conf()");
      return server;
    }),
  );
  process.env.PGPASSWORD = password; // for this process alone, now that the servers run
  const [coordinator, ...workers] = nodes.map(({ host, port }) => `${host}:${port}`);
  return {
    nodes,
    secrets,
    async registerNodes() {
      const env = {
        PATH: process.env.PATH,
        PGPASSFILE: passwords,
        SECRETS: secrets,
        COORDINATOR: coordinator,
        WORKERS: workers.join(" "),
        PGDATABASE: "orrery",
      };
      return (await run(projectFile("deploy/citus/register-nodes"), [], { env })).stdout;
    },
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
    },
  };
}
