import { startEmbeddedLane } from "../support/suites/lanes.ts";
import { testRecall } from "../support/suites/recall.ts";

testRecall(startEmbeddedLane, { refreshes: false });
