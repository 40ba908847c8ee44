import { createMemoryStore } from "../../src/topology/memory-store.ts";
import { describeMapStore } from "./map-store.contract.ts";

describeMapStore("memory", {
  open() {
    const store = createMemoryStore();
    return [store, store, store];
  },
});
