-- Group 1 only: the size per row of each shard's HNSW index when it was built, so that every leader measures
-- its growth from there and a new leader does not take a bloated index for a new one.
CREATE TABLE orrery.index_baselines (
  shard_id bigint PRIMARY KEY,
  -- Node group and files of the index: another build has others.
  build text NOT NULL,
  bytes_per_row double precision NOT NULL CHECK (bytes_per_row > 0)
);
