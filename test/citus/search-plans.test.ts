import { startCitusBed } from "../support/plan-beds.ts";
import { KINDS, testSearchPlans } from "../support/suites/search-plans.ts";

testSearchPlans(startCitusBed, { kinds: KINDS.filter(({ dimension }) => dimension < 100), rows: 10_000 });
