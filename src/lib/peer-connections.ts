/** How many connections there are, in all and of each peer. */

export interface ConnectionCounts {
  readonly maxConnections: number;
  readonly maxConnectionsPerPeer: number;
}

export class PeerConnections {
  readonly #limits: ConnectionCounts;
  readonly #byPeer = new Map<string, number>();
  #total = 0;

  constructor(limits: ConnectionCounts) {
    this.#limits = limits;
  }

  /** Counts a connection of this peer; undefined, or why it cannot be taken. */
  add(peer: string): "connections" | "connections_per_peer" | undefined {
    const ofPeer = this.#byPeer.get(peer) ?? 0;
    if (ofPeer >= this.#limits.maxConnectionsPerPeer) return "connections_per_peer";
    if (this.#total >= this.#limits.maxConnections) return "connections";
    this.#byPeer.set(peer, ofPeer + 1);
    this.#total += 1;
    return undefined;
  }

  /** To be called once for each that was taken. */
  remove(peer: string): void {
    const left = (this.#byPeer.get(peer) ?? 1) - 1;
    if (left === 0) this.#byPeer.delete(peer);
    else this.#byPeer.set(peer, left);
    this.#total -= 1;
  }
}

/** Who is behind an address: of IPv6 the network of 64 bits, since one host may have all of it. */
export function peerOf(address: string | undefined): string {
  if (address === undefined) return "unknown";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped !== null) return mapped[1] as string;
  if (!address.includes(":")) return address;
  const [plain = ""] = address.split("%", 1);
  const [head = "", tail] = plain.split("::", 2);
  const groups = head === "" ? [] : head.split(":");
  const after = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? 0 : Math.max(0, 8 - groups.length - after.length);
  const all = [...groups, ...Array<string>(zeros).fill("0"), ...after];
  return `${all.slice(0, 4).join(":")}::/64`;
}
