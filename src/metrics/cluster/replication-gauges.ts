/** Standbys and replication slots. `shard_id` is the number of the node group: a whole server replicates. */
import type { Registry } from "prom-client";
import type { GroupReplication } from "../../collectors/replication/sample-replication.ts";
import type { StandbyLag } from "../../collectors/replication/track-standbys.ts";
import { addReadMetric, type Sample } from "../families.ts";

export function addReplicationGauges(
  registry: Registry,
  latest: () => readonly GroupReplication[] | undefined,
): void {
  const gauge = (name: string, help: string, read: (group: GroupReplication) => readonly Sample[]) =>
    addReadMetric(registry, { name, help, type: "gauge" }, () => (latest() ?? []).flatMap(read));
  const ofStandbys = (name: string, help: string, value: (standby: StandbyLag) => number | undefined) =>
    gauge(name, help, ({ group, standbys }) =>
      standbys.flatMap((standby) => {
        const known = value(standby);
        return known === undefined
          ? []
          : [{ labels: { shard_id: group, replica_id: standby.replica }, value: known }];
      }),
    );

  ofStandbys("replication_lag_seconds", "How far a standby is behind, by time.", (s) => s.lagSeconds);
  ofStandbys("replication_lag_bytes", "WAL that a standby has not replayed.", (s) => s.lagBytes);
  ofStandbys("orrery_standby_up", "1 while a standby is connected, 0 once it is gone.", ({ connected }) =>
    Number(connected),
  );
  gauge("orrery_standby_sync", "Always 1; whether commits wait for a standby.", ({ group, standbys }) =>
    standbys.flatMap(({ replica, syncState }) =>
      syncState === undefined
        ? []
        : [{ labels: { shard_id: group, replica_id: replica, sync_state: syncState }, value: 1 }],
    ),
  );
  gauge("orrery_replication_slot_retained_bytes", "WAL that a slot retains.", ({ group, slots }) =>
    slots.map(({ name, type, retainedBytes }) => ({
      labels: { shard_id: group, slot: name, type },
      value: retainedBytes,
    })),
  );
  gauge("orrery_replication_slot_active", "1 while a slot is in use.", ({ group, slots }) =>
    slots.map(({ name, type, active }) => ({
      labels: { shard_id: group, slot: name, type },
      value: Number(active),
    })),
  );
}
