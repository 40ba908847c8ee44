import { expect, it } from "vitest";
import { readOptions, USAGE } from "../../../bench/options.ts";

it("a mode has defaults of its own, and what is given counts", () => {
  expect(readOptions(["peers"])).toMatchObject({
    mode: "peers",
    records: 20_000,
    kinds: ["mixture", "words"],
  });
  expect(readOptions(["peers", "--records", "500"])).toMatchObject({ records: 500, repeats: 1 });
  expect(readOptions(["search"])).toMatchObject({ mode: "search", records: 5_000, repeats: 5 });
});

it("refuses arguments that are not there and values that are no numbers", () => {
  expect(() => readOptions(["peers", "--record", "5"])).toThrow("--record");
  expect(() => readOptions(["peers", "--records", "many"])).toThrow("many");
});

it("says the defaults of all modes and of single ones", () => {
  expect(USAGE).toMatch(/--records +5000/);
  expect(USAGE).toMatch(/of peers: .*--records 20000/);
});
