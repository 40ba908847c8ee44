import { startEmbeddedBed } from "../support/plan-beds.ts";
import { KINDS, testSearchPlans } from "../support/suites/search-plans.ts";

testSearchPlans(startEmbeddedBed, { kinds: KINDS.slice(0, 3), rows: 2_000 });
