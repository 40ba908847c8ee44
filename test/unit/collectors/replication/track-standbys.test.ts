import { expect, it } from "vitest";
import type {
  ConnectedStandby,
  ReplicationSlot,
} from "../../../../src/collectors/replication/replication-statement.ts";
import { StandbyTracker } from "../../../../src/collectors/replication/track-standbys.ts";

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

const track = (
  tracker: StandbyTracker,
  nowMs: number,
  standbys: readonly ConnectedStandby[],
  slots: readonly ReplicationSlot[] = [],
  position = 100,
) => tracker.track({ position, standbys, slots }, nowMs);

it("names standbys by slot, else by application_name, else by address, and distinguishes equal names", () => {
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

it("reports a disconnected standby with its lag, then forgets it unless a slot retains log for it", () => {
  const tracker = new StandbyTracker({ forgetAfterMs: 60_000 });
  track(tracker, 0, [standby({ name: "a" })]);
  const [gone] = track(tracker, 5_000, [], [], 130);
  expect(gone).toMatchObject({ replica: "a", connected: false, lagBytes: 30, lagSeconds: 0 });
  const [later] = track(tracker, 15_000, [], [], 130);
  expect(later).toMatchObject({ connected: false, lagBytes: 30, lagSeconds: 10 });
  expect(track(tracker, 70_000, [], [], 130)).toEqual([]);
});

it("reports a standby that was never seen for as long as its slot exists", () => {
  const tracker = new StandbyTracker({ forgetAfterMs: 1_000 });
  expect(track(tracker, 0, [], [slot()])).toMatchObject([
    { replica: "standby_1", connected: false, lagBytes: 60 },
  ]);
  expect(track(tracker, 3_600_000, [], [slot()])).toHaveLength(1);
  expect(track(tracker, 3_600_000, [], [slot({ type: "logical" })])).toEqual([]);
});

it("reports no lag at equal positions, whatever the primary measured before", () => {
  const tracker = new StandbyTracker({ forgetAfterMs: 1_000 });
  const [equal] = track(tracker, 0, [standby({ replaySeconds: 7 })]);
  expect(equal).toMatchObject({ lagBytes: 0, lagSeconds: 0 });
  const [behind] = track(tracker, 10, [standby({ replaySeconds: 7 })], [], 101);
  expect(behind).toMatchObject({ lagBytes: 1, lagSeconds: 7 });
});

it("reports no lag rather than a wrong one before a standby has reported its position", () => {
  const tracker = new StandbyTracker({ forgetAfterMs: 1_000 });
  const [lag] = track(tracker, 0, [standby({ replayed: null, syncState: null })]);
  expect(lag).toMatchObject({ connected: true, lagBytes: undefined, lagSeconds: undefined });
});
