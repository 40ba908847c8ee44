import { startPostgresLane } from "../support/suites/lanes.ts";
import { testRecall } from "../support/suites/recall.ts";

testRecall(startPostgresLane, { refreshes: true });
