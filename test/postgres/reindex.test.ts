import { startPostgresLane, useLane } from "../support/suites/lanes.ts";
import { testReindex } from "../support/suites/reindex.ts";

testReindex(useLane(startPostgresLane));
