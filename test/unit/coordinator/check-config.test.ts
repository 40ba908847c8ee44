import { createServer, type Server } from "node:net";
import { PassThrough } from "node:stream";
import { afterEach, expect, it } from "vitest";
import { runCli } from "../../../src/cli.ts";
import { loadConfig } from "../../../src/config/load.ts";
import { checkListenAddresses } from "../../../src/coordinator/check-config.ts";
import { listen } from "../../../src/lib/listen.ts";

const servers: Server[] = [];
afterEach(() => servers.splice(0).map((server) => server.close()));

async function takenPort(): Promise<string> {
  const server = createServer();
  servers.push(server);
  return listen(server, "127.0.0.1:0");
}

function configOf(rpc: string, http: string) {
  return loadConfig({ env: { ORRERY_RPC_LISTEN: rpc, ORRERY_HTTP_LISTEN: http } });
}

it("orrery config check refuses a schedule that serve would refuse, with 4 and its setting", async () => {
  const stderr = new PassThrough({ encoding: "utf8" });
  const [stdin, stdout] = [new PassThrough(), new PassThrough()];
  const args = ["config", "check", "--set", "rebalance.schedule=every tuesday"];
  const trailers = { sendPromptly() {} };
  expect(await runCli(args, { stdin, stdout, stderr, env: {} }, trailers as never)).toBe(4);
  expect(String(stderr.read())).toMatch(/^CONFIG_INVALID: rebalance\.schedule: /);
});

it("names the setting of an address that is taken", async () => {
  const taken = await takenPort();
  await expect(checkListenAddresses(configOf(taken, "127.0.0.1:0"))).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: `rpc.listen: ${taken} is in use already: stop what listens there, or set another address`,
  });
  await expect(checkListenAddresses(configOf("127.0.0.1:0", taken))).rejects.toThrow(
    `http.listen: ${taken} is in use already`,
  );
});

it("names the setting of an address that this machine does not have", async () => {
  await expect(checkListenAddresses(configOf("192.0.2.1:1234", "127.0.0.1:0"))).rejects.toThrow(
    "rpc.listen: 192.0.2.1:1234 is no address of this machine",
  );
});

it("leaves free addresses free", async () => {
  const [first, second] = [await takenPort(), await takenPort()];
  await Promise.all(servers.splice(0).map((server) => new Promise((closed) => server.close(closed))));
  await checkListenAddresses(configOf(first, second));
  await checkListenAddresses(configOf(first, second));
});
