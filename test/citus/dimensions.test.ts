import { testDimensions } from "../support/suites/dimensions.ts";
import { startCitusLane, useLane } from "../support/suites/lanes.ts";

testDimensions(useLane(startCitusLane));
