-- What Orrery stores in a Citus cluster: the cluster's identity, its collections, the leader term, and the
-- fence of reads. Applied on the Citus coordinator node inside one transaction; Citus propagates reference
-- tables, functions and grants to every node, and to nodes added later.

CREATE SCHEMA orrery;

-- One row. A reference table, so that orrery.hello() answers from every node.
CREATE TABLE orrery.cluster (
  id text PRIMARY KEY,
  schema_version int NOT NULL
);
SELECT create_reference_table('orrery.cluster');

CREATE TABLE orrery.collections (
  id int PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  table_name text NOT NULL UNIQUE,
  dimension int NOT NULL CHECK (dimension BETWEEN 1 AND 16000),
  metric text NOT NULL CHECK (metric = 'cosine'),
  quantization text NOT NULL CHECK (quantization IN ('none', 'half', 'binary')),
  hnsw_m int NOT NULL,
  hnsw_ef_construction int NOT NULL,
  shard_count int NOT NULL,
  created_at timestamptz NOT NULL
);
SELECT create_reference_table('orrery.collections');

-- Ids are never reused, so neither are table names. Local to the coordinator node.
CREATE SEQUENCE orrery.collection_ids;

-- Who may change the cluster: every admin statement of a leader carries its term. Local to the coordinator
-- node.
CREATE TABLE orrery.leadership (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  term bigint NOT NULL,
  holder text NOT NULL,
  since timestamptz NOT NULL
);
INSERT INTO orrery.leadership (term, holder, since) VALUES (0, '', now());

-- What a node reports about itself when a connection opens.
CREATE FUNCTION orrery.hello(OUT cluster_id text, OUT group_id int, OUT in_recovery boolean, OUT schema_version int)
LANGUAGE plpgsql STABLE AS $function$
BEGIN
  SELECT c.id, c.schema_version INTO cluster_id, schema_version FROM orrery.cluster c;
  SELECT l.groupid INTO group_id FROM pg_catalog.pg_dist_local_group l;
  in_recovery := pg_catalog.pg_is_in_recovery();
END
$function$;

-- The fence of a read: true, or SQLSTATE OR001 when this node is not, or may no longer be, the one to ask.
--
-- VOLATILE: its queries take fresh snapshots, later than that of the statement that reads the rows. If it
-- were STABLE, a statement whose snapshot predates a cut-over would also see the placements before it.
-- The order matters. (a) comes first: Citus prepares a placement change on every node before it commits on
-- any, so with nothing prepared here, another node can have taken a write to the new placement only after
-- this statement began.
CREATE FUNCTION orrery.shard_read(shard bigint, ef_search int) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $function$
DECLARE
  owner int;
  here int;
BEGIN
  -- (a) Is a placement change prepared, but not committed, on this node? Its locks on Citus's shard metadata
  -- (advisory, objsubid 4: shard, 8: co-located shards) then belong to no process.
  IF EXISTS (SELECT FROM pg_catalog.pg_prepared_xact()) AND EXISTS (
    SELECT FROM pg_catalog.pg_locks
    WHERE locktype = 'advisory' AND objsubid IN (4, 8) AND mode = 'ExclusiveLock' AND granted AND pid IS NULL
  ) THEN
    RAISE EXCEPTION 'a placement change is being committed'
      USING ERRCODE = 'OR001', TABLE = shard::text, HINT = 'committing';
  END IF;

  -- (b) Does this node's own metadata place the shard here? One query: each costs a snapshot and an executor.
  SELECT p.groupid, (SELECT l.groupid FROM pg_catalog.pg_dist_local_group l) INTO owner, here
    FROM pg_catalog.pg_dist_placement p WHERE p.shardid = shard;
  IF owner IS NULL THEN
    RAISE EXCEPTION 'shard % is gone', shard USING ERRCODE = 'OR001', TABLE = shard::text;
  ELSIF owner <> here THEN
    RAISE EXCEPTION 'shard % is on another node group', shard
      USING ERRCODE = 'OR001', TABLE = shard::text, DETAIL = owner::text;
  END IF;

  -- (c) Settings of the index scan, for this statement only; sessions start with the usual ones.
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

-- The role that searches and writes. Logins are made members of it.
DO $do$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'orrery_service') THEN
    CREATE ROLE orrery_service NOLOGIN;
  END IF;
END
$do$;
REVOKE ALL ON FUNCTION orrery.hello(), orrery.shard_read(bigint, int) FROM PUBLIC;
GRANT USAGE ON SCHEMA orrery TO orrery_service;
GRANT EXECUTE ON FUNCTION orrery.hello(), orrery.shard_read(bigint, int) TO orrery_service;
GRANT SELECT ON orrery.cluster, orrery.collections TO orrery_service;

-- The catalogs as one JSON value: STABLE, so all of it comes from the caller's one snapshot. Shards as
-- [id, hash min, hash max, group], in ring order.
CREATE FUNCTION orrery.catalog() RETURNS text
LANGUAGE plpgsql STABLE AS $function$
DECLARE
  cluster_id text;
  nodes json;
  collections json;
BEGIN
  SELECT c.id INTO cluster_id FROM orrery.cluster c;
  SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
      'id', n.nodeid, 'group', n.groupid, 'name', pg_catalog.concat(n.nodename, ':', n.nodeport),
      'role', CASE WHEN n.noderole = 'primary' THEN 'primary' ELSE 'standby' END) ORDER BY n.nodeid)
    INTO nodes
    FROM pg_catalog.pg_dist_node n WHERE n.isactive;
  SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
      'id', c.id, 'name', c.name, 'table', c.table_name, 'dimension', c.dimension, 'metric', c.metric,
      'quantization', c.quantization, 'm', c.hnsw_m, 'efConstruction', c.hnsw_ef_construction,
      'shards', orrery.catalog_shards(c.table_name)) ORDER BY c.id)
    INTO collections
    FROM orrery.collections c;
  RETURN pg_catalog.json_build_object(
    'clusterId', cluster_id, 'nodes', coalesce(nodes, '[]'), 'collections', coalesce(collections, '[]'))::text;
END
$function$;

CREATE FUNCTION orrery.catalog_shards(table_name text) RETURNS json
LANGUAGE plpgsql STABLE AS $function$
BEGIN
  RETURN (
    SELECT pg_catalog.json_agg(
        pg_catalog.json_build_array(s.shardid, s.shardminvalue::int, s.shardmaxvalue::int, p.groupid)
        ORDER BY s.shardminvalue::int)
    FROM pg_catalog.pg_dist_shard s JOIN pg_catalog.pg_dist_placement p ON p.shardid = s.shardid
    WHERE s.logicalrelid = pg_catalog.to_regclass('public.' || pg_catalog.quote_ident(table_name))
  );
END
$function$;
REVOKE ALL ON FUNCTION orrery.catalog(), orrery.catalog_shards(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION orrery.catalog(), orrery.catalog_shards(text) TO orrery_service;
