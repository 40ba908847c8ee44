import { startEmbeddedLane, useLane } from "../support/suites/lanes.ts";
import { testSearchOptions } from "../support/suites/search-options.ts";
import { testTies } from "../support/suites/ties.ts";

const lane = useLane(startEmbeddedLane);
testSearchOptions(lane);
testTies(lane);
