import { expect, it } from "vitest";
import { withReleasers } from "../../../src/lib/releasers.ts";

it("a stop closes last in, first out, each after the one before has ended", async () => {
  const events: string[] = [];
  const close = (name: string) => async () => {
    events.push(`${name} begins`);
    await new Promise(setImmediate);
    events.push(`${name} ends`);
  };
  const running = await withReleasers(async (defer) => {
    defer("first", close("first"));
    defer("second", close("second"));
    return "built";
  });
  expect(running.value).toBe("built");
  expect(events).toEqual([]);
  await running.stop();
  expect(events).toEqual(["second begins", "second ends", "first begins", "first ends"]);
});

it("a failed start closes what was built and throws its own error", async () => {
  const closed: string[] = [];
  const failure = new Error("port taken");
  const start = withReleasers(async (defer) => {
    defer("pool", () => closed.push("pool"));
    throw failure;
  });
  await expect(start).rejects.toBe(failure);
  expect(closed).toEqual(["pool"]);
});

it("a failed start that cannot close either reports both errors", async () => {
  const failure = new Error("port taken");
  const start = withReleasers(async (defer) => {
    defer("pool", () => Promise.reject(new Error("stuck")));
    throw failure;
  });
  await expect(start).rejects.toMatchObject({
    message: "starting failed: port taken; closing pool: stuck",
    cause: failure,
    errors: [failure, { message: "closing pool: stuck" }],
  });
});

it("releasers that fail or hang do not keep the others open, and are both reported", async () => {
  const closed: string[] = [];
  const running = await withReleasers(async (defer) => {
    defer("first", () => closed.push("first"));
    defer("hanging", () => new Promise(() => {}), 20);
    defer("throwing", () => {
      throw new Error("no");
    });
  });
  await expect(running.stop()).rejects.toMatchObject({
    errors: [{ message: "closing throwing: no" }, { message: "closing hanging: not done after 20 ms" }],
  });
  expect(closed).toEqual(["first"]);
});

it("a second stop returns the promise of the first", async () => {
  let closings = 0;
  const running = await withReleasers(async (defer) => defer("it", () => closings++));
  expect(running.stop()).toBe(running.stop());
  await running.stop();
  expect(closings).toBe(1);
});
