import { startPostgresBed } from "../support/plan-beds.ts";
import { KINDS, testSearchPlans } from "../support/suites/search-plans.ts";

testSearchPlans(startPostgresBed, { kinds: KINDS, rows: 50_000, both: true, timeoutMs: 600_000 });
