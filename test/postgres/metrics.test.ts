import { startIndexOnlyLane, useLane } from "../support/suites/lanes.ts";
import { testMetrics } from "../support/suites/metrics.ts";

testMetrics(useLane(startIndexOnlyLane), { usesIndex: true });
