import { startPostgresBed } from "../support/plan-beds.ts";
import { KINDS, testSearchPlans } from "../support/suites/search-plans.ts";

testSearchPlans(startPostgresBed, { kinds: KINDS.slice(0, 2), rows: 50_000, timeoutMs: 600_000 });
