-- Group 1 only: operations that have ended, kept for 30 days, so that one whose unfinished record comes back
-- with an old snapshot of etcd is not run again.
CREATE TABLE orrery.operations (
  id text PRIMARY KEY,
  finished_at timestamptz NOT NULL,
  record json NOT NULL
);
CREATE INDEX operations_finished_at ON orrery.operations (finished_at);
