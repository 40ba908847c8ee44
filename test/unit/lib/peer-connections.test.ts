import { expect, it } from "vitest";
import { PeerConnections, peerOf } from "../../../src/lib/peer-connections.ts";

it("counts IPv6 clients by their network of 64 bits, and mapped IPv4 as IPv4", () => {
  expect(peerOf("10.0.0.1")).toBe("10.0.0.1");
  expect(peerOf("::ffff:10.0.0.1")).toBe("10.0.0.1");
  expect(peerOf("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
  expect(peerOf("2001:db8:1:2::9")).toBe("2001:db8:1:2::/64");
  expect(peerOf("2001:db8::9")).toBe("2001:db8:0:0::/64");
  expect(peerOf("::1")).toBe("0:0:0:0::/64");
  expect(peerOf("fe80::1%eth0")).toBe("fe80:0:0:0::/64");
  expect(peerOf(undefined)).toBe("unknown");
});

it("says which limit is reached, and has room again when a connection ends", () => {
  const peers = new PeerConnections({ maxConnections: 3, maxConnectionsPerPeer: 2 });
  expect(["a", "a", "a", "b", "c"].map((peer) => peers.add(peer))).toEqual([
    undefined,
    undefined,
    "connections_per_peer",
    undefined,
    "connections",
  ]);
  peers.remove("a");
  expect(peers.add("c")).toBeUndefined();
  expect(peers.add("a")).toBe("connections");
});
