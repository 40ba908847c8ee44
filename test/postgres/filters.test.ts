import { testFilters } from "../support/suites/filters.ts";
import { startPostgresLane, useLane } from "../support/suites/lanes.ts";

testFilters(useLane(startPostgresLane));
