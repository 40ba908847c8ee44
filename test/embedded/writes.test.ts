import { startEmbeddedLane, useLane } from "../support/suites/lanes.ts";
import { testNamespaces } from "../support/suites/namespaces.ts";
import { testWriteRequests } from "../support/suites/write-requests.ts";
import { testWrites } from "../support/suites/writes.ts";

const lane = useLane(startEmbeddedLane);
testWrites(lane);
testWriteRequests(lane);
testNamespaces(lane);
