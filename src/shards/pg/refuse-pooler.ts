/**
 * Finds a connection pooler, such as PgBouncer, between this program and a server. One drops the settings
 * that sessions start with, gives each transaction another session, with other prepared statements, and hides
 * which session to cancel. Orrery keeps pools of its own.
 */
import type { ClientBase } from "pg";
import { isOrreryError, OrreryError } from "../../errors.ts";

/** A server takes the settings that a session starts with; a pooler may refuse them. */
const PROTOCOL_VIOLATION = "08P01";

/** What a failed connect says of a pooler; undefined: it failed for another reason. */
export function poolerRefusal(error: unknown, node: string): OrreryError | undefined {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return code === PROTOCOL_VIOLATION ? poolerError(node, error) : undefined;
}

/**
 * A server gives each session the number of its process when it begins; a pooler makes one up. `pid`: what
 * `pg_backend_pid()` says on it. Throws CONFIG_INVALID.
 */
export function refusePooler(client: ClientBase, node: string, pid: number): void {
  const { processID } = client as ClientBase & { readonly processID: number };
  if (processID !== pid) throw poolerError(node);
}

function poolerError(node: string, cause?: unknown): OrreryError {
  return new OrreryError(
    "CONFIG_INVALID",
    `node ${node}: a connection pooler such as PgBouncer answers there; give the address of the PostgreSQL server itself, since Orrery pools connections and needs whole sessions`,
    { cause, details: { metadata: { node, pooler: "true" } } },
  );
}

/** Whether that is what an error says. */
export function isPoolerError(error: unknown): error is OrreryError {
  return isOrreryError(error, "CONFIG_INVALID") && error.details.metadata?.pooler === "true";
}
