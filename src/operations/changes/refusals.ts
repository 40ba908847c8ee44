/** How a change that cannot be made is refused. */
import { OrreryError } from "../../errors.ts";

/** PLACEMENT_REFUSED: what the cluster holds, and where, speaks against it. */
export function refused(message: string): OrreryError {
  return new OrreryError("PLACEMENT_REFUSED", message);
}

/** NODE_UNFIT naming the node and every reason. */
export function unfit(node: string, reasons: readonly string[]): OrreryError {
  return new OrreryError("NODE_UNFIT", reasons.join("; "), { details: { metadata: { node } } });
}
