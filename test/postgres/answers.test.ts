import { testAnswers } from "../support/suites/answers.ts";
import { startPostgresLane, useLane } from "../support/suites/lanes.ts";
import { testSearchOptions } from "../support/suites/search-options.ts";
import { testTies } from "../support/suites/ties.ts";

const lane = useLane(startPostgresLane);
testAnswers(lane);
testSearchOptions(lane);
testTies(lane);
