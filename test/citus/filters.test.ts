import { testFilters } from "../support/suites/filters.ts";
import { startCitusLane, useLane } from "../support/suites/lanes.ts";

testFilters(useLane(startCitusLane));
