/** What a connection has reached, whatever the address: for finding two nodes that are one. */

export interface ServerIdentity {
  /** The same for every connection to one running server. */
  readonly server: string;
  /** The database, on its server. */
  readonly database: string;
  /** What `orrery migrate` has given the database; undefined: it was not migrated. A copy has it, too. */
  readonly node: string | undefined;
}

/**
 * Servers made from one disk image share the system identifier, so the time that this one was started at
 * belongs to it.
 */
const IDENTITY = `SELECT (SELECT system_identifier FROM pg_control_system()) || ' ' ||
    extract(epoch FROM pg_postmaster_start_time()) AS server,
  (SELECT oid FROM pg_database WHERE datname = current_database())::text AS database,
  to_regclass('orrery.node') IS NOT NULL AS migrated`;

/** `firstRow`: the values of a statement's first row. Throws what it throws. */
export async function readServerIdentity(
  firstRow: (text: string) => Promise<readonly unknown[] | undefined>,
): Promise<ServerIdentity> {
  const [server, database, migrated] = (await firstRow(IDENTITY)) ?? [];
  const [node] = migrated === true ? ((await firstRow("SELECT id FROM orrery.node")) ?? []) : [];
  return {
    server: String(server),
    database: String(database),
    node: node === undefined ? undefined : String(node),
  };
}

export interface Twin<N> {
  readonly node: N;
  /** An earlier one of the list. */
  readonly of: N;
  /** Comes between the names of the two. */
  readonly relation: string;
}

/** Nodes that are one with an earlier one of the list, or a copy of it. One without identity is no twin. */
export function findTwins<N extends { readonly identity: ServerIdentity | undefined }>(
  nodes: readonly N[],
): readonly Twin<N>[] {
  return nodes.flatMap((node, index) => {
    for (const of of nodes.slice(0, index)) {
      const relation = relationOf(node.identity, of.identity);
      if (relation !== undefined) return [{ node, of, relation }];
    }
    return [];
  });
}

function relationOf(one: ServerIdentity | undefined, other: ServerIdentity | undefined): string | undefined {
  if (one === undefined || other === undefined) return undefined;
  if (one.server === other.server)
    return one.database === other.database
      ? "is the same database as"
      : "is another database on the server of";
  return one.node !== undefined && one.node === other.node ? "is a copy of" : undefined;
}
