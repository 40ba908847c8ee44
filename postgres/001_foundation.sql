-- What Orrery stores in each node of the fixed-placement engines (plain PostgreSQL and PGlite): the node's
-- identity, the shards it holds, and the fence of reads. Node group 1 also holds the catalogs of the whole
-- cluster: nodes, collections, and the shards of all nodes. Applied inside one PL/pgSQL block, so queries
-- without a result use PERFORM.

CREATE EXTENSION IF NOT EXISTS vector;
CREATE SCHEMA orrery;
-- The tables of the shards.
CREATE SCHEMA orrery_data;

CREATE TABLE orrery.schema_versions (
  version int PRIMARY KEY,
  applied_at timestamptz NOT NULL DEFAULT now()
);

-- One row: this node, at whatever address it is reached. Cluster and group are set once and never change.
CREATE TABLE orrery.node (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id text NOT NULL DEFAULT gen_random_uuid()::text,
  cluster_id text,
  group_id int
);
INSERT INTO orrery.node DEFAULT VALUES;

-- Group 1 only: every node of the cluster, with its name as of the last migration.
CREATE TABLE orrery.nodes (
  group_id int PRIMARY KEY,
  node_id text NOT NULL UNIQUE,
  name text NOT NULL
);

-- Group 1 only. Requests see a collection while it is live. Its tables exist on every node before that, and
-- are dropped after it; one in state creating or dropping was left by a process that died, and does no harm.
CREATE TABLE orrery.collections (
  id int PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  table_name text NOT NULL UNIQUE,
  dimension int NOT NULL CHECK (dimension BETWEEN 1 AND 16000),
  metric text NOT NULL DEFAULT 'cosine' CHECK (metric = 'cosine'),
  quantization text NOT NULL CHECK (quantization IN ('none', 'half', 'binary')),
  hnsw_m int NOT NULL,
  hnsw_ef_construction int NOT NULL,
  state text NOT NULL DEFAULT 'creating' CHECK (state IN ('creating', 'live', 'dropping')),
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Ids are never reused, so neither are table names.
CREATE SEQUENCE orrery.collection_ids;
CREATE SEQUENCE orrery.shard_ids;

-- The shards this node holds; in group 1, those of all nodes.
CREATE TABLE orrery.shards (
  shard_id bigint PRIMARY KEY,
  collection_id int NOT NULL,
  hash_min int NOT NULL,
  hash_max int NOT NULL,
  group_id int NOT NULL
);
CREATE INDEX ON orrery.shards (collection_id);

-- Group 1 only: who may change the cluster. Every change by a leader carries its term.
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
  SELECT n.cluster_id, n.group_id INTO cluster_id, group_id FROM orrery.node n;
  SELECT max(v.version) INTO schema_version FROM orrery.schema_versions v;
  in_recovery := pg_catalog.pg_is_in_recovery();
END
$function$;

-- The fence of a read: true, or SQLSTATE OR001 when this node does not hold the shard. Shards never move
-- here, so that means its collection was dropped. Sets what the index scan needs, for this statement only.
CREATE FUNCTION orrery.shard_read(shard bigint, ef_search int) RETURNS boolean
LANGUAGE plpgsql VOLATILE AS $function$
BEGIN
  IF NOT EXISTS (SELECT FROM orrery.shards s JOIN orrery.node n USING (group_id) WHERE s.shard_id = shard) THEN
    RAISE EXCEPTION 'shard % is gone', shard USING ERRCODE = 'OR001', TABLE = shard::text;
  END IF;
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

-- Group 1 only: the catalogs as one JSON value. STABLE, so all of it comes from the caller's one snapshot.
-- Shards as [id, hash min, hash max, group], in ring order.
CREATE FUNCTION orrery.catalog() RETURNS text
LANGUAGE plpgsql STABLE AS $function$
BEGIN
  RETURN pg_catalog.json_build_object(
    'clusterId', (SELECT cluster_id FROM orrery.node),
    'nodes', (
      SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
        'id', group_id, 'group', group_id, 'name', name, 'role', 'primary') ORDER BY group_id), '[]')
      FROM orrery.nodes
    ),
    'collections', (
      SELECT coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
        'id', c.id, 'name', c.name, 'table', c.table_name, 'dimension', c.dimension, 'metric', c.metric,
        'quantization', c.quantization, 'm', c.hnsw_m, 'efConstruction', c.hnsw_ef_construction,
        'shards', (
          SELECT pg_catalog.json_agg(
            pg_catalog.json_build_array(s.shard_id, s.hash_min, s.hash_max, s.group_id) ORDER BY s.hash_min)
          FROM orrery.shards s WHERE s.collection_id = c.id
        )) ORDER BY c.id), '[]')
      FROM orrery.collections c WHERE c.state = 'live'
    ))::text;
END
$function$;
