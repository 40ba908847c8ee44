/** Part of the composition root: the storage that the configuration names. */
import { createCitusStorage } from "./citus-storage.ts";
import { startEmbeddedStorage } from "./embedded-storage.ts";
import { createPostgresStorage } from "./postgres-storage.ts";
import type { Storage, StorageOptions } from "./storage.ts";

/**
 * Embedded nodes are started and migrated; to the others no connection is opened before they are first asked.
 */
export function startStorage(options: StorageOptions): Promise<Storage> | Storage {
  switch (options.config.engine) {
    case "citus":
      return createCitusStorage(options);
    case "postgres":
      return createPostgresStorage(options);
    case "embedded":
      return startEmbeddedStorage(options);
  }
}
