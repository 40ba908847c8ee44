import { startCitusLane, useLane } from "../support/suites/lanes.ts";
import { testMetrics } from "../support/suites/metrics.ts";

testMetrics(useLane(startCitusLane), { usesIndex: false });
