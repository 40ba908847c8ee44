/** Each call runs in its own process, since HTTP/2 picks its `setImmediate` when it is first loaded. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { packageRoot } from "../../src/lib/package-root.ts";

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
if (process.argv[1] === "prompt") (await import("${MODULE}")).sendTrailersPromptly();
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

async function call(mode: "prompt" | "usual", trailers: object = { "grpc-status": "0" }): Promise<unknown> {
  const args = ["--input-type=module", "-e", CALL, mode, JSON.stringify(trailers)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout);
}

it("trailers are sent at once instead of after a turn of the event loop", async () => {
  expect(await call("prompt")).toEqual({ message: "message", status: "0", putOff: false });
});

it("the step of Node that defers trailers has the name this module knows", async () => {
  expect(await call("usual")).toEqual({ message: "message", status: "0", putOff: true });
});

it("empty trailers are left to Node, which sends data in their place", async () => {
  expect(await call("prompt", {})).toEqual({ message: "message", putOff: true });
});
