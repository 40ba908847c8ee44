/** The private parts of `@grpc/grpc-js` that the server uses; package.json pins its version for them. */
import { createRequire } from "node:module";
import { PassThrough } from "node:stream";
import { Server } from "@grpc/grpc-js";
import { OrreryError } from "../../errors.ts";
import { installedVersion, missingParts } from "../../lib/package-parts.ts";

const MODULE = "@grpc/grpc-js/build/src/server-interceptors.js";

/** The class of the calls that the first interceptor is given. */
const CALL = "BaseServerInterceptingCall.prototype";
const PARTS = [
  // capping timeouts, limits of connections
  "server.http2Servers",
  // what calls the interceptors, and takes whatever they return
  "getServerInterceptingCall",
  ...[
    "start",
    "startRead",
    "sendMetadata",
    "sendMessage",
    "sendStatus",
    "getPeer",
    "getDeadline",
    "decompressMessage",
    // counting what calls hold
    "handleDataFrame",
    "maybePushNextMessage",
    "notifyOnCancel",
    // sending a large answer in parts
    "checkCancelled",
    "maybeSendMetadata",
  ].map((method) => `${CALL}.${method}`),
  ...["stream", "metadataSent", "receivedHalfClose", "readQueue"].map((field) => `call.${field}`),
  // gathering a large request
  ...[
    "readState",
    "readCompressFlag",
    "readPartialSize",
    "readMessageSize",
    "readMessageRemaining",
    "readPartialMessage",
    "write",
  ].map((field) => `call.decoder.${field}`),
];

/**
 * Throws BUG, naming the package with its version, when one of the parts is not there. `load` gives grpc-js's
 * module of the server's interceptors, a server, and a call.
 */
export function assertGrpcInternals(load: () => object = loadInstalled): void {
  const missing = missingParts(tryTo(load), PARTS);
  if (missing.length === 0) return;
  throw new OrreryError(
    "BUG",
    `@grpc/grpc-js ${installedVersion("@grpc/grpc-js")} lacks ${missing.join(", ")}: ` +
      "Orrery runs only with the version that its package.json names",
  );
}

function loadInstalled(): object {
  const module = createRequire(import.meta.url)(MODULE);
  const call = new module.BaseServerInterceptingCall(new PassThrough(), {}, null, {}, {});
  return { ...module, server: new Server(), call };
}

/** Of a module that is not there every part is missing. */
function tryTo(load: () => object): object {
  try {
    return load();
  } catch {
    return {};
  }
}
