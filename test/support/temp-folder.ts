import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * Its input is a pipe from this process, so `read` returns when this process ends, even by SIGKILL. Then
 * it ends the servers whose pid files lie in the folder (their children too: a frozen PostgreSQL backend
 * would outlive its parent) and removes the folder.
 */
const WATCHDOG = `
trap '' INT TERM HUP
read -r _
for file in "$1"/*.pid; do
  [ -e "$file" ] || continue
  pid=$(cat "$file")
  family="$pid $(cat "/proc/$pid/task/$pid/children")"
  kill -CONT $family
  kill -QUIT "$pid"
  tries=0
  while kill -0 "$pid" && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -0 "$pid" && kill -KILL $family
done
rm -rf "$1"
`;

/**
 * Creates a folder that is removed when this process ends, however it ends, with the servers started inside.
 */
export function createTempFolder(label = "orrery"): string {
  const folder = mkdtempSync(join(tmpdir(), `${label}-`));
  const watchdog = spawn("sh", ["-c", WATCHDOG, "sh", folder], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  watchdog.unref();
  // Nor may the pipe keep the process alive.
  (watchdog.stdin as unknown as { unref(): void }).unref();
  return folder;
}
