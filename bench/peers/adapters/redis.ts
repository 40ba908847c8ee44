/** A vector set of Redis. */
import { PEER_TOP_K, type PeerFilter } from "../../data/peer-data.ts";
import { type Adapter, type AdapterSpec, BUILD_WIDTH, LINKS } from "../adapter.ts";
import { loadPackage } from "../load-package.ts";

type Argument = string | Buffer;

interface Connection {
  connect(): Promise<unknown>;
  sendCommand(args: readonly Argument[]): Promise<unknown>;
  destroy(): void;
}

interface RedisPackage {
  createClient(options: { readonly url: string }): Connection;
}

const KEY = "bench";

export async function openRedis(spec: Extract<AdapterSpec, { kind: "redis" }>): Promise<Adapter> {
  const { createClient } = await loadPackage<RedisPackage>(spec.modules, "@redis/client");
  const connections = Array.from({ length: spec.clients }, () =>
    createClient({ url: `redis://127.0.0.1:${spec.port}` }),
  );
  await Promise.all(connections.map((connection) => connection.connect()));
  const send = (client: number, args: readonly Argument[]) =>
    (connections[client] as Connection).sendCommand(args);
  const quantization = spec.quantized ? "Q8" : "NOQUANT";
  let width = "40";
  return {
    async write(records) {
      const added = records.map(({ key, vector, chance, topic }, i) =>
        send(i % connections.length, [
          ...["VADD", KEY, "FP32"],
          bytesOf(vector),
          ...[key, quantization, "EF", String(BUILD_WIDTH)],
          ...["SETATTR", JSON.stringify({ chance, topic }), "M", String(LINKS)],
        ]),
      );
      await Promise.all(added);
    },
    finish: async () => {},
    async setWidth(wanted) {
      width = String(wanted);
    },
    async search({ vector, filter }, client) {
      const count = ["COUNT", String(PEER_TOP_K), "EF", width];
      const condition = filter === undefined ? [] : ["FILTER", expression(filter)];
      const keys = await send(client, ["VSIM", KEY, "FP32", bytesOf(vector), ...count, ...condition]);
      return (keys as readonly unknown[]).map(String);
    },
    async close() {
      for (const connection of connections) connection.destroy();
    },
  };
}

function expression(filter: PeerFilter): string {
  if (filter.kind === "chance-below") return `.chance < ${filter.below}`;
  return `.topic in [${filter.topics.join(",")}]`;
}

function bytesOf(vector: Float32Array): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}
