/** Size of a node's disk, which PostgreSQL cannot tell and Citus can. */
import type { Disk } from "../../../servers/server-facts.ts";
import type { AdminQuery } from "../../../shards/pg/admin-session.ts";
import { fromPgError } from "../../../shards/pg-errors.ts";

/** As parts of another statement; they fail it where Citus has no such function. */
export const DISK_SQL = {
  freeBytes: "(SELECT available_disk_size FROM citus_local_disk_space_stats())",
  totalBytes: "(SELECT total_disk_size FROM citus_local_disk_space_stats())",
} as const;

const DISK = "SELECT available_disk_size, total_disk_size FROM citus_local_disk_space_stats()";

/** undefined where Citus cannot tell, as on some file systems. */
export async function readDisk(query: AdminQuery): Promise<Disk | undefined> {
  try {
    const [row] = await query(DISK);
    const totalBytes = Number(row?.total_disk_size);
    return totalBytes > 0 ? { freeBytes: Number(row?.available_disk_size), totalBytes } : undefined;
  } catch (error) {
    const { code } = fromPgError(error, { node: "", write: false, sent: true });
    if (code === "STATEMENT_FAILED" || code === "NODE_NOT_MIGRATED") return undefined;
    throw error;
  }
}
