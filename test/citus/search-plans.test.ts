import { startCitusBed } from "../support/plan-beds.ts";
import { KINDS, testSearchPlans } from "../support/suites/search-plans.ts";

testSearchPlans(startCitusBed, { kinds: KINDS.slice(0, 3), rows: 10_000 });
