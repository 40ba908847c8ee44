/**
 * What the requests that change the cluster have in common. Each function throws INVALID_REQUEST naming the
 * field.
 */
import { isIPv6 } from "node:net";
import { invalidField } from "../../errors.ts";
import type { ChangeRequest, MoveOptions, TransferMode } from "../../operations/cluster-admin-api.ts";
import type { Call } from "../grpc/call.ts";
import { toNumberIn } from "./numbers.ts";
import { toName } from "./text.ts";

/** As proto-loader decodes it, like the others here. */
export interface ChangeMessage {
  readonly requestId: string;
  readonly validateOnly: boolean;
}

export interface MoveOptionsMessage {
  readonly transferMode: string;
  readonly movesPerNode?: number;
  readonly abortOnSlo: boolean;
}

const MAX_REQUEST_ID_BYTES = 128;
const MAX_NODE_BYTES = 255;
const MAX_MOVES_PER_NODE = 16;
const CALLER = "x-orrery-caller";

export function toChange({ requestId, validateOnly }: ChangeMessage, { caller }: Call): ChangeRequest {
  return {
    ...(requestId !== "" && { requestId: toName(requestId, "request_id", MAX_REQUEST_ID_BYTES) }),
    requestedBy: callerName(caller),
    dryRun: validateOnly,
  };
}

/** As it names itself when that is fit for a log, else its address. */
function callerName(caller: Call["caller"]): string {
  const named = caller.metadata.get(CALLER)[0];
  return typeof named === "string" && /^[\x20-\x7e]{1,128}$/.test(named) ? named : caller.getPeer();
}

/**
 * `host:port`, as the cluster names a node: an address of IPv6 is taken with brackets and without, and has
 * none then.
 */
export function toNodeName(text: string, path: string): string {
  const name = toName(text, path, MAX_NODE_BYTES);
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^\s[\]]+)):(\d{1,5})$/.exec(name) ?? [];
  const host = bracketed ?? plain ?? "";
  const isHost = bracketed === undefined && !host.includes(":") ? host !== "" : isIPv6(host);
  if (!isHost || Number(port) < 1 || Number(port) > 65_535) throw invalidField(path, "must be host:port");
  return `${host}:${port}`;
}

/** An id of a shard as 64-bit decimal text. */
export function toShardId(id: string | number, path: string): number {
  const number = Number(id);
  if (!Number.isSafeInteger(number) || number < 1) throw invalidField(path, "must be the id of a shard");
  return number;
}

const TRANSFER_MODES: Readonly<Record<string, TransferMode>> = {
  TRANSFER_MODE_UNSPECIFIED: "logical",
  TRANSFER_MODE_LOGICAL: "logical",
  TRANSFER_MODE_BLOCK_WRITES: "block_writes",
};

/** `movesPerNode`: where the request does not say. */
export function toMoveOptions(
  message: MoveOptionsMessage | null,
  defaults: { readonly movesPerNode: number },
): MoveOptions {
  const {
    transferMode: mode = "TRANSFER_MODE_UNSPECIFIED",
    movesPerNode,
    abortOnSlo = false,
  } = message ?? {};
  const transferMode = TRANSFER_MODES[mode];
  if (transferMode === undefined) {
    throw invalidField("options.transfer_mode", `${mode} is not a TransferMode`);
  }
  return {
    transferMode,
    movesPerNode:
      movesPerNode === undefined
        ? defaults.movesPerNode
        : toNumberIn(movesPerNode, "options.moves_per_node", 1, MAX_MOVES_PER_NODE),
    abortOnSlo: abortOnSlo,
  };
}
