/**
 * An operation while it runs: a bar for all of it and one for each move under way on a terminal, plain lines
 * elsewhere.
 */
import { MultiBar, type SingleBar } from "cli-progress";
import type { MoveProgressMessage } from "../proto/generated/orrery/v1/MoveProgress.ts";
import type { OperationMessage } from "../proto/generated/orrery/v1/Operation.ts";
import type { CliContext } from "./context.ts";
import { formatBytes, formatSeconds } from "./format.ts";
import { printable } from "./output.ts";

export interface LiveView {
  update(operation: OperationMessage): void;
  /** Leaves the terminal clean for what comes next. */
  end(): void;
}

const UNDER_WAY = ["MOVE_STATE_RUNNING", "MOVE_STATE_THROTTLED"];

/** `epochMs`: milliseconds since 1970. */
export function createLiveView({ stderr }: Pick<CliContext, "stderr">, epochMs: () => number): LiveView {
  return stderr.isTTY ? barsOn(stderr, epochMs) : linesOn(stderr);
}

function barsOn(stderr: CliContext["stderr"], epochMs: () => number): LiveView {
  const bars = new MultiBar({
    stream: stderr as NodeJS.WriteStream,
    clearOnComplete: true,
    hideCursor: true,
    // Drawn when something has changed: a timer would keep the process alive.
    forceRedraw: true,
    barsize: 24,
    barCompleteChar: "█",
    barIncompleteChar: "░",
    format: "{bar} {percentage} % {text}",
  });
  const all = bars.create(100, 0, { text: "" });
  const moving = new Map<string, SingleBar>();
  return {
    update(operation) {
      all.update(Math.round(operation.fraction * 100), {
        text: printable(describeOperation(operation, epochMs())),
      });
      const underWay = operation.moves.filter(({ state }) => UNDER_WAY.includes(state));
      for (const move of underWay) {
        const bar = moving.get(move.shardId) ?? bars.create(100, 0, { text: "" });
        moving.set(move.shardId, bar);
        bar.update(Math.round(move.fraction * 100), { text: printable(describeMove(move)) });
      }
      for (const [shard, bar] of moving) {
        if (underWay.some(({ shardId }) => shardId === shard)) continue;
        bars.remove(bar);
        moving.delete(shard);
      }
      bars.update();
    },
    end: () => bars.stop(),
  };
}

/** A line for each change of phase of a move; nothing for operations that move nothing. */
function linesOn(stderr: CliContext["stderr"]): LiveView {
  const shown = new Map<string, string>();
  return {
    update({ moves }) {
      for (const move of moves) {
        const stage = `${move.state} ${move.phase}`;
        const before = shown.get(move.shardId) ?? "MOVE_STATE_PENDING ";
        shown.set(move.shardId, stage);
        if (stage !== before) stderr.write(`${printable(describeMove(move))}\n`);
      }
    },
    end() {},
  };
}

/** `2 of 5 moves, copy, about 3 min left`. */
export function describeOperation(operation: OperationMessage, nowMs: number): string {
  const { moves, stage, message, estimatedEndTime } = operation;
  const done = moves.filter(({ state }) => state === "MOVE_STATE_DONE").length;
  const left = estimatedEndTime === null ? 0 : Number(estimatedEndTime.seconds) - nowMs / 1000;
  return [
    ...(moves.length === 0 ? [] : [`${done} of ${moves.length} moves`]),
    ...(stage === "" ? [] : [stage]),
    ...(message === "" ? [] : [message]),
    ...(left > 0 ? [`about ${formatSeconds(left)} left`] : []),
  ].join(", ");
}

/** `shard 102010 a:5432 -> b:5432: copy, 12 MB of 30 MB`. */
export function describeMove(move: MoveProgressMessage): string {
  const state = move.state.slice("MOVE_STATE_".length).toLowerCase().replace("_", " ");
  const doing = move.state === "MOVE_STATE_RUNNING" && move.phase !== "" ? move.phase : state;
  const bytes =
    move.state === "MOVE_STATE_RUNNING" && move.bytesTotal !== "0"
      ? `, ${formatBytes(move.bytesDone)} of ${formatBytes(move.bytesTotal)}`
      : "";
  return `shard ${move.shardId} ${move.sourceNode} -> ${move.targetNode}: ${doing}${bytes}`;
}
