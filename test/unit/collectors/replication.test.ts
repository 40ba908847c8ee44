import { describe, expect, test } from "vitest";
import { LagHistory } from "../../../src/collectors/replication/lag-history.ts";
import type {
  ConnectedStandby,
  ReplicationSlot,
} from "../../../src/collectors/replication/replication-statement.ts";
import { StandbyTracker } from "../../../src/collectors/replication/track-standbys.ts";

describe("lag by time", () => {
  test("is 0 for who has everything, however long ago it was written", () => {
    const history = new LagHistory();
    history.look(100, 0);
    history.look(100, 3_600_000);
    expect(history.secondsBehind(100, 3_600_000)).toBe(0);
  });

  test("counts from the first look that had more than the standby", () => {
    const history = new LagHistory();
    for (let second = 0; second <= 60; second += 1) history.look(1_000 + second, second * 1000);
    expect(history.secondsBehind(1_060, 60_000)).toBe(0);
    expect(history.secondsBehind(1_059, 60_000)).toBe(0);
    expect(history.secondsBehind(1_049, 60_000)).toBe(10);
    expect(history.secondsBehind(0, 60_000)).toBe(60);
  });

  test("grows while the standby stands still and nothing more is written", () => {
    const history = new LagHistory();
    history.look(100, 0);
    history.look(200, 1_000);
    history.look(200, 9_000);
    expect(history.secondsBehind(100, 9_000)).toBe(8);
  });

  test("starts over on another timeline", () => {
    const history = new LagHistory();
    history.look(500, 0);
    history.look(100, 1_000);
    expect(history.secondsBehind(100, 5_000)).toBe(0);
  });

  test("keeps a bounded history and stays right to a look or two over days", () => {
    const history = new LagHistory();
    const looks = 100_000;
    for (let look = 0; look < looks; look += 1) history.look(look, look * 1_000);
    const nowMs = (looks - 1) * 1_000;
    expect(history.secondsBehind(looks - 11, nowMs)).toBeCloseTo(9, 0);
    for (const behind of [300, 3_000, 50_000, 90_000]) {
      const seconds = history.secondsBehind(looks - 1 - behind, nowMs);
      expect(seconds).toBeGreaterThan(0.95 * behind);
      expect(seconds).toBeLessThanOrEqual(behind);
    }
  });
});

const standby = (over: Partial<ConnectedStandby> = {}): ConnectedStandby => ({
  name: "walreceiver",
  address: "10.0.0.2",
  slot: null,
  state: "streaming",
  syncState: "async",
  replayed: 100,
  replaySeconds: null,
  ...over,
});
const slot = (over: Partial<ReplicationSlot> = {}): ReplicationSlot => ({
  name: "standby_1",
  type: "physical",
  active: false,
  restart: 40,
  ...over,
});

describe("standbys", () => {
  const track = (
    tracker: StandbyTracker,
    nowMs: number,
    standbys: readonly ConnectedStandby[],
    slots: readonly ReplicationSlot[] = [],
    position = 100,
  ) => tracker.track({ position, standbys, slots }, nowMs);

  test("are named by slot, else by application_name, else by address, and told apart", () => {
    const tracker = new StandbyTracker({ forgetAfterMs: 1_000 });
    const lags = track(tracker, 0, [
      standby({ slot: "s1" }),
      standby({ name: "west" }),
      standby({}),
      standby({ name: "east", address: "10.0.0.3" }),
      standby({ name: "east", address: "10.0.0.4" }),
      standby({ name: "twin" }),
      standby({ name: "twin" }),
    ]);
    expect(lags.map(({ replica }) => replica)).toEqual([
      "s1",
      "west",
      "10.0.0.2",
      "east@10.0.0.3",
      "east@10.0.0.4",
      "twin@10.0.0.2",
      "twin@10.0.0.2#2",
    ]);
  });

  test("one that is gone is reported with what it lacks, then forgotten if nothing keeps log for it", () => {
    const tracker = new StandbyTracker({ forgetAfterMs: 60_000 });
    track(tracker, 0, [standby({ name: "a" })]);
    const [gone] = track(tracker, 5_000, [], [], 130);
    expect(gone).toMatchObject({ replica: "a", connected: false, lagBytes: 30, lagSeconds: 0 });
    const [later] = track(tracker, 15_000, [], [], 130);
    expect(later).toMatchObject({ connected: false, lagBytes: 30, lagSeconds: 10 });
    expect(track(tracker, 70_000, [], [], 130)).toEqual([]);
  });

  test("one that was never seen is reported when its slot waits for it, for as long as it does", () => {
    const tracker = new StandbyTracker({ forgetAfterMs: 1_000 });
    expect(track(tracker, 0, [], [slot()])).toMatchObject([
      { replica: "standby_1", connected: false, lagBytes: 60 },
    ]);
    expect(track(tracker, 3_600_000, [], [slot()])).toHaveLength(1);
    expect(track(tracker, 3_600_000, [], [slot({ type: "logical" })])).toEqual([]);
  });

  test("positions that are equal are no lag, whatever the primary measured before", () => {
    const tracker = new StandbyTracker({ forgetAfterMs: 1_000 });
    const [equal] = track(tracker, 0, [standby({ replaySeconds: 7 })]);
    expect(equal).toMatchObject({ lagBytes: 0, lagSeconds: 0 });
    const [behind] = track(tracker, 10, [standby({ replaySeconds: 7 })], [], 101);
    expect(behind).toMatchObject({ lagBytes: 1, lagSeconds: 7 });
  });

  test("one that has not told yet what it has, has no lag rather than a wrong one", () => {
    const tracker = new StandbyTracker({ forgetAfterMs: 1_000 });
    const [lag] = track(tracker, 0, [standby({ replayed: null, syncState: null })]);
    expect(lag).toMatchObject({ connected: true, lagBytes: undefined, lagSeconds: undefined });
  });
});
