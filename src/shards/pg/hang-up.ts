import type { Socket } from "node:net";
import type { ClientBase } from "pg";

/** A server that is frozen or lost never answers a good-bye. */
export const GOODBYE_MS = 1_000;

/** Ends a connection at once. `Client.end` waits for the server, also while it connects. */
export function hangUp(client: ClientBase): void {
  const { connection } = client as ClientBase & { readonly connection: { readonly stream: Socket } };
  connection.stream.destroy();
}
