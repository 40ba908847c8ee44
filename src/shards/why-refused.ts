/** Whether a server is the one that the map means, by what it says of itself. Pure. */
import type { Node } from "../topology/shard-map.ts";
import type { Hello } from "./node-driver.ts";
import { type SchemaRange, whyWrongSchema } from "./schema-range.ts";

export interface Refusal {
  readonly code: "NODE_MISMATCH" | "NODE_NOT_MIGRATED";
  /** Continues the name of the node: `is in node group 2, not 1`. */
  readonly problem: string;
}

/**
 * A server that is not the one the map means must not answer: it may be a clone, a standby or of another
 * cluster. Nor must one whose functions are of another version. `clusterId` is empty before the first map.
 */
export function whyRefused(
  node: Node,
  hello: Hello,
  { clusterId, schema }: { readonly clusterId: string; readonly schema: SchemaRange },
): Refusal | undefined {
  // Before its first migration a server has nothing to say of itself.
  const mismatch = hello.schemaVersion > 0 ? whyAnother(node, hello, clusterId) : undefined;
  if (mismatch !== undefined) return { code: "NODE_MISMATCH", problem: mismatch };
  const wrongSchema = whyWrongSchema(hello.schemaVersion, schema);
  return wrongSchema === undefined ? undefined : { code: "NODE_NOT_MIGRATED", problem: wrongSchema };
}

function whyAnother(node: Node, hello: Hello, clusterId: string): string | undefined {
  if (clusterId !== "" && hello.clusterId !== clusterId) {
    return `belongs to cluster ${hello.clusterId}, not ${clusterId}`;
  }
  if (hello.group !== node.group) return `is in node group ${hello.group}, not ${node.group}`;
  if (hello.inRecovery && node.role === "primary") return "is in recovery, so it is not the primary";
  return undefined;
}
