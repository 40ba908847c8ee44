-- The fence of reads refuses only the shard that is in doubt, and statements whose snapshot is older than the
-- shard's placement here. It keeps its name and arguments, so coordinators of every version call it.

-- Why a read of a shard is refused, as SQLSTATE OR001. Returns when it need not be: a change that was rolled
-- back leaves its xmax behind. `seen`: xmin of the placement that the statement sees.
--
-- VOLATILE: its queries take fresh snapshots, each later than the one before.
CREATE FUNCTION orrery.check_placement(shard bigint, seen xid) RETURNS void
LANGUAGE plpgsql VOLATILE AS $function$
DECLARE
  owner int;
  version xid;
  changed_by xid;
  here int := (SELECT l.groupid FROM pg_catalog.pg_dist_local_group l);
BEGIN
  SELECT p.groupid, p.xmin, p.xmax INTO owner, version, changed_by
    FROM pg_catalog.pg_dist_placement p WHERE p.shardid = shard;

  -- In doubt: its change may be prepared; or there is no row, as for a piece of a split before it is
  -- committed. The locks of a prepared transaction on Citus's shard metadata (advisory, objsubid 4: shard, 8:
  -- co-located shards) belong to no process. They are read before the row, since the change may commit in
  -- between.
  IF owner IS NULL OR changed_by <> '0'::xid THEN
    IF EXISTS (SELECT FROM pg_catalog.pg_prepared_xact()) AND EXISTS (
      SELECT FROM pg_catalog.pg_locks
      WHERE locktype = 'advisory' AND objsubid IN (4, 8) AND mode = 'ExclusiveLock' AND granted AND pid IS NULL
        AND database = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
    ) THEN
      RAISE EXCEPTION 'a placement change is being committed'
        USING ERRCODE = 'OR001', TABLE = shard::text, HINT = 'committing';
    END IF;
    SELECT p.groupid, p.xmin INTO owner, version FROM pg_catalog.pg_dist_placement p WHERE p.shardid = shard;
  END IF;

  IF owner IS NULL THEN
    RAISE EXCEPTION 'shard % is gone', shard USING ERRCODE = 'OR001', TABLE = shard::text;
  ELSIF owner <> here THEN
    RAISE EXCEPTION 'shard % is on another node group', shard
      USING ERRCODE = 'OR001', TABLE = shard::text, DETAIL = owner::text;
  ELSIF seen IS DISTINCT FROM version THEN
    -- A new statement has a new snapshot.
    RAISE EXCEPTION 'shard % came to this node after the statement began', shard
      USING ERRCODE = 'OR001', TABLE = shard::text, HINT = 'committing';
  END IF;
END
$function$;

REVOKE ALL ON FUNCTION orrery.check_placement(bigint, xid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orrery.check_placement(bigint, xid) TO orrery_service;

-- The fence of a read, as the scalar sub-select (SELECT orrery.shard_read(<shard>, <ef_search>)): true, or
-- SQLSTATE OR001 when this node is not, or may no longer be, the one to ask.
--
-- STABLE: it reads the placement with the very snapshot that the statement reads its rows with. Every
-- change of a placement, be it a move, a split or a drop, updates or deletes its row on every node; and
-- Citus prepares the change on every node before it commits on any. Two things follow from a row that
-- this snapshot sees, that places the shard here, and that has no xmax at the time it is read, however
-- late that is:
--
-- - The snapshot is new enough. The rows that a move brings are committed before the placement is, so a
--   snapshot that sees the placement sees them too. One that is older does not see this row but the one
--   before, which has an xmax.
-- - No other node has taken a write to the shard before the statement began. The change that let it would
--   have been prepared here by then, and from its update on its transaction is the row's xmax.
--
-- Neither would the locks of the change do to tell shards apart (Citus locks the co-location id and the place
-- of the shard among its table's ranges, which a split before it shifts), nor the columns of the row to tell
-- placements apart: on workers Citus changes the node group in place and keeps placementid, so after a move
-- away and back both are what they were.
CREATE OR REPLACE FUNCTION orrery.shard_read(shard bigint, ef_search int) RETURNS boolean
LANGUAGE plpgsql STABLE AS $function$
DECLARE
  owner int;
  version xid;
  changed_by xid;
  here int;
BEGIN
  -- One query: each costs an executor.
  SELECT p.groupid, p.xmin, p.xmax, (SELECT l.groupid FROM pg_catalog.pg_dist_local_group l)
    INTO owner, version, changed_by, here
    FROM pg_catalog.pg_dist_placement p WHERE p.shardid = shard;
  -- All three are NULL where the snapshot knows no such shard.
  IF (owner = here AND changed_by = '0'::xid) IS NOT TRUE THEN
    PERFORM orrery.check_placement(shard, version);
  END IF;

  -- Settings of the index scan, for this statement only; sessions start with the usual ones.
  IF ef_search > 0 THEN
    IF pg_catalog.current_setting('hnsw.ef_search', true) IS DISTINCT FROM ef_search::text THEN
      PERFORM pg_catalog.set_config('hnsw.ef_search', ef_search::text, true);
    END IF;
    IF pg_catalog.current_setting('hnsw.iterative_scan', true) IS DISTINCT FROM 'relaxed_order' THEN
      PERFORM pg_catalog.set_config('hnsw.iterative_scan', 'relaxed_order', true);
    END IF;
  END IF;
  RETURN true;
END
$function$;
