import { expect, it } from "vitest";
import { assertGrpcInternals } from "../../../../src/api/grpc/assert-grpc-internals.ts";
import { installedVersion } from "../../../../src/lib/package-parts.ts";

class Call {
  start() {}
  startRead() {}
  sendMetadata() {}
  sendMessage() {}
  getPeer() {}
  getDeadline() {}
  decompressMessage() {}
  handleDataFrame() {}
  maybePushNextMessage() {}
  notifyOnCancel() {}
  checkCancelled() {}
  maybeSendMetadata() {}
}

const DECODER = {
  readState: 0,
  readCompressFlag: null,
  readPartialSize: null,
  readMessageSize: 0,
  readMessageRemaining: 0,
  readPartialMessage: [],
  write() {},
};

it("accepts the installed grpc-js", () => {
  expect(() => assertGrpcInternals()).not.toThrow();
});

it("names grpc-js and what it lacks when its calls cannot send a status", () => {
  const load = () => ({
    getServerInterceptingCall() {},
    BaseServerInterceptingCall: Call,
    server: { http2Servers: new Map() },
    call: { stream: {}, metadataSent: false, receivedHalfClose: false, readQueue: [], decoder: DECODER },
  });
  expect(() => assertGrpcInternals(load)).toThrow(
    expect.objectContaining({
      code: "BUG",
      message:
        `@grpc/grpc-js ${installedVersion("@grpc/grpc-js")} lacks ` +
        "BaseServerInterceptingCall.prototype.sendStatus: Orrery runs only with the version that its package.json names",
    }),
  );
});

it("misses every part of grpc-js when its module of interceptors is not there", () => {
  const load = () => {
    throw new Error("Cannot find module");
  };
  expect(() => assertGrpcInternals(load)).toThrow(/getServerInterceptingCall.*sendStatus/);
});
