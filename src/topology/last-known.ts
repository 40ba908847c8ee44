/** The coordinators while the map store does not answer. */
import { isOrreryError } from "../errors.ts";
import type { CoordinatorInfo } from "./map-store.ts";

/** What `read` returned last, while it fails with STORE_UNAVAILABLE; other errors are thrown. */
export function lastKnown(
  read: () => Promise<readonly CoordinatorInfo[]>,
): () => Promise<readonly CoordinatorInfo[]> {
  let known: readonly CoordinatorInfo[] = [];
  return async () => {
    try {
      known = await read();
    } catch (error) {
      if (!isOrreryError(error, "STORE_UNAVAILABLE")) throw error;
    }
    return known;
  };
}
