import type { Caller } from "../requests/change.ts";
import type { Call } from "./call.ts";

const NAME = "x-orrery-caller";

/** Who calls: as it names itself in its metadata, and its network address. */
export function callerOf({ caller }: Pick<Call, "caller">): Caller {
  const [name] = caller.metadata.get(NAME);
  return { peer: caller.getPeer(), ...(typeof name === "string" && { name }) };
}
