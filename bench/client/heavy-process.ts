/** The main process's end of a process of heavy clients. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

export interface HeavyLoad {
  /** Lets the calls under way end; how they all ended. */
  stop(): Promise<string>;
}

export function startHeavyLoad(
  kind: "large" | "hostile",
  { address, http }: { readonly address: string; readonly http: string },
): HeavyLoad {
  const args = [join(import.meta.dirname, "heavy-main.js"), kind, address, http];
  // A session of its own, by which Linux shares the cores out.
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"], detached: true });
  const onExit = () => child.kill("SIGKILL");
  process.once("exit", onExit);
  let output = "";
  child.stdout.on("data", (part) => {
    output += part;
  });
  const ended = once(child, "close");
  return {
    async stop() {
      child.stdin.end();
      const [code] = await ended;
      process.off("exit", onExit);
      if (code !== 0) throw new Error("the heavy clients failed");
      return output;
    },
  };
}
