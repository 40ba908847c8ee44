import { expect, it } from "vitest";
import { combineObservers, type FinishedSearch } from "../../../src/query/query-observer.ts";

it("notifies each observer in turn of the events it has a method for", () => {
  const seen: string[] = [];
  class Rounds {
    readonly #name = "rounds";
    secondRound(reason: string): void {
      seen.push(`${this.#name}: ${reason}`);
    }
  }
  const both = combineObservers([
    { secondRound: (reason) => seen.push(`first: ${reason}`) },
    new Rounds(),
    { searchFinished: ({ elapsedMs }) => seen.push(`finished: ${elapsedMs}`) },
  ]);
  both.secondRound("short");
  both.searchFinished({ elapsedMs: 3 } as FinishedSearch);
  both.fenced({ group: 1, reason: "gone" });
  expect(seen).toEqual(["first: short", "rounds: short", "finished: 3"]);
});
