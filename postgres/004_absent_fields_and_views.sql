-- Absent is not empty: a record may lack value and metadata, which are then NULL. Records are read in SQL by
-- a view for each collection. And the catalogs know which indexes of `half` collections are of an early form.

-- What holds a lock on a table for long makes this fail, to be run again, instead of having the table's
-- requests wait behind it.
PERFORM pg_catalog.set_config('lock_timeout', '10s', true);

-- Only the catalogs of each table change. The tables of shards are found by their columns, since the
-- catalogs of collections are on the first node alone.
DECLARE
  shard regclass;
BEGIN
  FOR shard IN
    SELECT c.oid FROM pg_catalog.pg_class c
    WHERE c.relkind = 'r' AND c.relnamespace = to_regnamespace('orrery_data') AND EXISTS (
      SELECT FROM pg_catalog.pg_attribute a
      WHERE a.attrelid = c.oid AND a.attname IN ('shard_key', 'value', 'metadata', 'embedding')
      HAVING pg_catalog.count(*) = 4
    )
    ORDER BY c.oid
  LOOP
    EXECUTE pg_catalog.format(
      'ALTER TABLE %s ALTER COLUMN value DROP NOT NULL, ALTER COLUMN metadata DROP NOT NULL', shard);
  END LOOP;
END;

-- Group 1 only: true while an index of a `half` collection is over the vectors as they are stored, instead of
-- over vectors of length 1. A migration sets it by the indexes that are there.
ALTER TABLE orrery.collections ADD COLUMN unnormalized boolean NOT NULL DEFAULT false;

-- As before, and says `unnormalized`.
CREATE OR REPLACE FUNCTION orrery.catalog() RETURNS text
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
        'quantization', c.quantization, 'unnormalized', c.unnormalized, 'm', c.hnsw_m,
        'efConstruction', c.hnsw_ef_construction,
        'shards', (
          SELECT pg_catalog.json_agg(
            pg_catalog.json_build_array(s.shard_id, s.hash_min, s.hash_max, s.group_id) ORDER BY s.hash_min)
          FROM orrery.shards s WHERE s.collection_id = c.id
        )) ORDER BY c.id), '[]')
      FROM orrery.collections c WHERE c.state = 'live'
    ))::text;
END
$function$;

-- A view for each collection, of its name, over the shards of this node.
CREATE SCHEMA orrery_sql;

-- The role that reads the views. Logins are made members of it.
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'orrery_reader') THEN
    CREATE ROLE orrery_reader NOLOGIN;
  END IF;
EXCEPTION
  WHEN insufficient_privilege THEN
    -- Somebody else creates it; the rights follow with the next migration.
    RAISE WARNING 'there is no role orrery_reader';
  -- Another database of this server, at the same moment.
  WHEN duplicate_object OR unique_violation THEN
    NULL;
END;
