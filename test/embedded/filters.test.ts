import { testFilters } from "../support/suites/filters.ts";
import { startEmbeddedLane, useLane } from "../support/suites/lanes.ts";

testFilters(useLane(startEmbeddedLane));
