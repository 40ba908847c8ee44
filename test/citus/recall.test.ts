import { startCitusLane } from "../support/suites/lanes.ts";
import { testRecall } from "../support/suites/recall.ts";

testRecall(startCitusLane, { refreshes: true });
