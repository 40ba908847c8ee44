import { startEmbeddedLane, useLane } from "../support/suites/lanes.ts";
import { testMetrics } from "../support/suites/metrics.ts";

testMetrics(useLane(startEmbeddedLane), { usesIndex: false });
