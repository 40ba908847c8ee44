/** Part of the composition root: the storage that the configuration names. */
import { startCitusStorage } from "./citus-storage.ts";
import { startEmbeddedStorage } from "./embedded-storage.ts";
import { startPostgresStorage } from "./postgres-storage.ts";
import type { Storage, StorageOptions } from "./storage.ts";

/**
 * Embedded nodes are started and migrated, plain servers asked who they are; a Citus cluster whether a
 * connection pooler is in between.
 */
export function startStorage(options: StorageOptions): Promise<Storage> | Storage {
  switch (options.config.engine) {
    case "citus":
      return startCitusStorage(options);
    case "postgres":
      return startPostgresStorage(options);
    case "embedded":
      return startEmbeddedStorage(options);
  }
}
