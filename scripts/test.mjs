// `npm test`: builds, then runs every test lane this machine can run. Arguments go to vitest.
// ORRERY_TEST_LANES=unit,embedded,postgres,citus,deploy runs exactly these, and one that cannot run is a
// failure.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { findCompose } from "./compose-client.mjs";

const LANES = {
  unit: () => [],
  embedded: () => [],
  postgres: () => [
    ...missingExtension("vector"),
    ...["etcd", "etcdctl", "pgbouncer"].flatMap(missingCommand),
  ],
  citus: () => [...LANES.postgres(), ...missingExtension("citus"), ...missingCommand("prometheus")],
  deploy: () => [
    ...LANES.postgres(),
    ...["prometheus", "promtool", "prometheus-alertmanager", "amtool"].flatMap(missingCommand),
    ...(findCompose() === undefined ? ["Docker Compose 2 or newer (an engine is not needed)"] : []),
  ],
  containers: () =>
    output("docker", ["info"]) === undefined || output("docker", ["compose", "version"]) === undefined
      ? ["Docker engine that answers, with compose"]
      : [],
};

const HINTS = {
  postgres: "run scripts/provision as root",
  citus: "run scripts/provision as root and build Citus, see CONTRIBUTING.md",
  deploy: "run scripts/provision as root",
  containers: "install and start Docker",
};

function output(command, args) {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return undefined;
  }
}

function missingCommand(name) {
  return output(name, ["version"]) === undefined && output(name, ["--version"]) === undefined ? [name] : [];
}

function missingExtension(name) {
  const shareFolder = output("pg_config", ["--sharedir"]);
  if (shareFolder === undefined) return ["PostgreSQL (pg_config)"];
  return existsSync(join(shareFolder, "extension", `${name}.control`))
    ? []
    : [`PostgreSQL extension ${name}`];
}

function run(command, args) {
  return spawnSync(command, args, { stdio: "inherit" }).status === 0;
}

const demanded = process.env.ORRERY_TEST_LANES?.split(",").map((lane) => lane.trim());
delete process.env.ORRERY_TEST_LANES; // No setting of the product, which refuses ORRERY_ variables it does not know.
const unknown = (demanded ?? []).filter((lane) => !Object.hasOwn(LANES, lane));
if (unknown.length > 0) {
  console.error(
    `ORRERY_TEST_LANES: no lane ${unknown.join(", ")}; there are ${Object.keys(LANES).join(", ")}`,
  );
  process.exit(2);
}

const results = new Map();
const runnable = [];
for (const lane of demanded ?? Object.keys(LANES)) {
  const missing = [...new Set(LANES[lane]())];
  if (missing.length === 0) runnable.push(lane);
  else results.set(lane, `${demanded ? "FAILED" : "skipped"}: no ${missing.join(", no ")}; ${HINTS[lane]}`);
}

if (!run("npm", ["run", "build"])) process.exit(1); // Worker threads run the compiled files.

const vitestArgs = process.argv.slice(2);
// A lane without tests fails, unless arguments chose the tests.
const passWithNoTests = vitestArgs.length > 0 ? ["--passWithNoTests"] : [];
for (const lane of runnable) {
  console.log(`\n== lane ${lane}`);
  const args = ["vitest", "run", "--project", lane, "--allowOnly=false", ...passWithNoTests, ...vitestArgs];
  results.set(lane, run("npx", args) ? "passed" : "FAILED");
}

console.log("\nTest lanes:");
for (const [lane, result] of results) console.log(`  ${lane.padEnd(10)}${result}`);
process.exit([...results.values()].some((result) => result.startsWith("FAILED")) ? 1 : 0);
