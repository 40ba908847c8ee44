import { startEmbeddedLane, useLane } from "../support/suites/lanes.ts";
import { testLengths } from "../support/suites/lengths.ts";

testLengths(useLane(startEmbeddedLane), { usesIndex: false });
