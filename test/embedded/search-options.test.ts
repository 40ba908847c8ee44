import { startEmbeddedLane, useLane } from "../support/suites/lanes.ts";
import { testSearchOptions } from "../support/suites/search-options.ts";

testSearchOptions(useLane(startEmbeddedLane));
