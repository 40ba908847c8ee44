/**
 * What the requests that change the cluster have in common. Each function throws INVALID_REQUEST naming the
 * field.
 */
import { isIPv6 } from "node:net";
import { FieldChecks, invalidField } from "../../errors.ts";
import type { ChangeRequest, MoveOptions, TransferMode } from "../../operations/change-request.ts";
import type { MoveOptionsMessage } from "../../proto/generated/orrery/v1/MoveOptions.ts";
import { toNumberIn } from "./numbers.ts";
import { toName } from "./text.ts";

/** The fields that every request for a change has. */
export interface ChangeMessage {
  readonly requestId: string;
  readonly validateOnly: boolean;
}

const MAX_REQUEST_ID_BYTES = 128;
const MAX_NODE_BYTES = 255;
const MAX_MOVES_PER_NODE = 16;
const MAX_SPLIT_POINTS = 31;

/** Who sent a request, as the transport knows it. */
export interface Caller {
  /** As it names itself; undefined when it does not. */
  readonly name?: string | undefined;
  /** Its network address. */
  readonly peer: string;
}

export function toChange({ requestId, validateOnly }: ChangeMessage, caller: Caller): ChangeRequest {
  return {
    ...(requestId !== "" && { requestId: toName(requestId, "request_id", MAX_REQUEST_ID_BYTES) }),
    requestedBy: callerName(caller),
    dryRun: validateOnly,
  };
}

/** Its name when that is fit for a log, else its address. */
export function callerName({ name = "", peer }: Caller): string {
  return /^[\x20-\x7e]{1,128}$/.test(name) ? name : peer;
}

/** `host:port`, as the cluster names a node: an IPv6 address may have brackets, which are taken off. */
export function toNodeName(text: string, path: string): string {
  const name = toName(text, path, MAX_NODE_BYTES);
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^\s[\]]+)):(\d{1,5})$/.exec(name) ?? [];
  const host = bracketed ?? plain ?? "";
  const isHost = bracketed === undefined && !host.includes(":") ? host !== "" : isIPv6(host);
  if (!isHost || Number(port) < 1 || Number(port) > 65_535) throw invalidField(path, "must be host:port");
  return `${host}:${port}`;
}

/** The id of a shard, from 64-bit decimal text. */
export function toShardId(id: string | number, path: string): number {
  const number = Number(id);
  if (!Number.isSafeInteger(number) || number < 1) throw invalidField(path, "must be the id of a shard");
  return number;
}

/** The last hash of each piece but the last, ascending. */
export function toSplitPoints(points: readonly number[], path: string): readonly number[] {
  if (points.length > MAX_SPLIT_POINTS) {
    throw invalidField(path, `has ${points.length} items, at most ${MAX_SPLIT_POINTS} are allowed`);
  }
  for (const [index, point] of points.entries()) {
    const before = points[index - 1];
    if (before !== undefined && point <= before) {
      throw invalidField(`${path}[${index}]`, "must be greater than the one before");
    }
  }
  return points;
}

/** The nodes that get the pieces of a split. */
export function toTargetNodes(nodes: readonly string[], path: string): readonly string[] {
  if (nodes.length > MAX_SPLIT_POINTS + 1) {
    throw invalidField(path, `has ${nodes.length} items, at most ${MAX_SPLIT_POINTS + 1} are allowed`);
  }
  return nodes.map((node, index) => toNodeName(node, `${path}[${index}]`));
}

const TRANSFER_MODES: Readonly<Record<string, TransferMode>> = {
  TRANSFER_MODE_UNSPECIFIED: "logical",
  TRANSFER_MODE_LOGICAL: "logical",
  TRANSFER_MODE_BLOCK_WRITES: "block_writes",
};

/** `movesPerNode`: for requests that do not say how many. */
export function toMoveOptions(
  message: MoveOptionsMessage | null,
  defaults: { readonly movesPerNode: number },
): MoveOptions {
  const {
    transferMode: mode = "TRANSFER_MODE_UNSPECIFIED",
    movesPerNode,
    abortOnSlo = false,
  } = message ?? {};
  const checks = new FieldChecks();
  const options = {
    transferMode: checks.of(toTransferMode, mode),
    movesPerNode:
      movesPerNode === undefined
        ? defaults.movesPerNode
        : checks.of(toNumberIn, movesPerNode, "options.moves_per_node", 1, MAX_MOVES_PER_NODE),
    abortOnSlo,
  };
  checks.done();
  return options;
}

function toTransferMode(name: string): TransferMode {
  const mode = TRANSFER_MODES[name];
  if (mode === undefined) throw invalidField("options.transfer_mode", `${name} is not a TransferMode`);
  return mode;
}
