import { testDimensions } from "../support/suites/dimensions.ts";
import { startEmbeddedLane, useLane } from "../support/suites/lanes.ts";

testDimensions(useLane(startEmbeddedLane));
