/** Each call runs in its own process, since HTTP/2 picks its `setImmediate` when it is first loaded. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/lib/package-root.ts";

const PROGRAM = join(packageRoot(), "dist/src/main.js");
const MODULE = pathToFileURL(join(packageRoot(), "dist/src/lib/prompt-trailers.js")).href;

/** One call to a server; prints what the client got and whether HTTP/2 deferred the trailers. */
const CALL = `
import timers from "node:timers";
const putOff = [];
const { setImmediate } = timers;
timers.setImmediate = (step, ...values) => {
  putOff.push(step.name);
  return setImmediate(step, ...values);
};
const mode = process.argv[1];
if (mode !== "unhooked") (await import("${MODULE}")).loadHttp2().sendPromptly(mode === "prompt");
const http2 = await import("node:http2");
const server = http2.createServer();
server.on("stream", (stream) => {
  stream.respond({}, { waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers(JSON.parse(process.argv[2])));
  stream.end("message");
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const session = http2.connect("http://127.0.0.1:" + server.address().port);
const stream = session.request();
let message = "";
let status;
stream.on("data", (chunk) => { message += chunk; });
stream.on("trailers", (trailers) => { status = trailers["grpc-status"]; });
await new Promise((resolve, reject) => stream.on("close", resolve).on("error", reject));
session.close();
server.close();
console.log(JSON.stringify({ message, status, putOff: putOff.includes("finishSendTrailers") }));
`;

type Mode = "prompt" | "off" | "unhooked";

async function call(mode: Mode, trailers: object = { "grpc-status": "0" }): Promise<unknown> {
  const args = ["--input-type=module", "-e", CALL, mode, JSON.stringify(trailers)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

it("hands trailers on at once instead of after a turn of the event loop", async () => {
  expect(await call("prompt")).toEqual({ message: "message", status: "0", putOff: false });
});

it("changes a step that Node puts off under the name it knows", async () => {
  expect(await call("unhooked")).toEqual({ message: "message", status: "0", putOff: true });
});

it("leaves trailers to Node where they are not to be sent promptly", async () => {
  expect(await call("off")).toEqual({ message: "message", status: "0", putOff: true });
});

it("leaves empty trailers to Node, which sends data in their place", async () => {
  expect(await call("prompt", {})).toEqual({ message: "message", putOff: true });
});

/** Preloaded into the program and its worker threads: prints at the end whether HTTP/2 put trailers off. */
const REPORT = `
import timers from "node:timers";
import { isMainThread } from "node:worker_threads";
const putOff = new Set();
const { setImmediate } = timers;
timers.setImmediate = (step, ...values) => {
  putOff.add(step.name);
  return setImmediate(step, ...values);
};
if (isMainThread) process.on("exit", () => console.error("put off: " + putOff.has("finishSendTrailers")));
`;

/** Whether the program puts the trailers of its answers off. */
async function programPutsOff(environment: Readonly<Record<string, string>>): Promise<boolean> {
  const report = `data:text/javascript,${encodeURIComponent(REPORT)}`;
  const { stdout, stderr } = await promisify(execFile)(
    process.execPath,
    ["--import", report, PROGRAM, "dev", "--once"],
    {
      env: {
        ...process.env,
        ORRERY_RPC_LISTEN: "127.0.0.1:0",
        ORRERY_HTTP_LISTEN: "127.0.0.1:0",
        ...environment,
      },
    },
  );
  expect(stdout).toContain('Like "river"');
  return /put off: (\w+)/.exec(stderr)?.[1] === "true";
}

it("sends the trailers of the program promptly, unless rpc.promptTrailers is false", async () => {
  expect(await programPutsOff({})).toBe(false);
  expect(await programPutsOff({ ORRERY_RPC_PROMPT_TRAILERS: "false" })).toBe(true);
});
