/** Part of the composition root: the storage that the configuration names. */
import { createCitusStorage } from "./citus-storage.ts";
import { startEmbeddedStorage } from "./embedded-storage.ts";
import { startPostgresStorage } from "./postgres-storage.ts";
import type { Storage, StorageOptions } from "./storage.ts";

/**
 * Embedded nodes are started and migrated, plain servers asked who they are; to a Citus cluster no connection
 * is opened before it is first asked.
 */
export function startStorage(options: StorageOptions): Promise<Storage> | Storage {
  switch (options.config.engine) {
    case "citus":
      return createCitusStorage(options);
    case "postgres":
      return startPostgresStorage(options);
    case "embedded":
      return startEmbeddedStorage(options);
  }
}
