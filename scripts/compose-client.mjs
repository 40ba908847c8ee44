/**
 * Finds Docker Compose. Reading a file needs no Docker engine, nor the `docker` command: the plugin runs
 * alone, too.
 */
import { execFileSync } from "node:child_process";

const MIN_MAJOR = 2;
const COMMANDS = [
  ["docker", "compose"],
  ["docker-compose"],
  // Folders in which `docker` looks for plugins.
  ...["/usr/local/lib", "/usr/local/libexec", "/usr/lib", "/usr/libexec"].map((folder) => [
    `${folder}/docker/cli-plugins/docker-compose`,
  ]),
];

/** The program with its first arguments; undefined when there is none of version 2 or newer. */
export function findCompose() {
  return COMMANDS.find(([program, ...args]) => {
    try {
      const version = execFileSync(program, [...args, "version", "--short"], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      });
      return Number.parseInt(version.replace(/^v/, ""), 10) >= MIN_MAJOR;
    } catch {
      return false;
    }
  });
}
