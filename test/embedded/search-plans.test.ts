import { startEmbeddedBed } from "../support/plan-beds.ts";
import { KINDS, testSearchPlans } from "../support/suites/search-plans.ts";

testSearchPlans(startEmbeddedBed, { kinds: KINDS.filter(({ dimension }) => dimension < 100), rows: 2_000 });
