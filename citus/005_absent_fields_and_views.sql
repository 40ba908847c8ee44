-- Absent is not empty: a record may lack value and metadata, which are then NULL. Records are read in SQL by
-- a view for each collection. And the catalogs know which indexes of `half` collections are of an early form.

-- One connection to a node. What holds a lock on a table for long (a move does) makes this fail, to be run
-- again, instead of having the table's writes wait behind it.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL lock_timeout TO '10s';

-- Only the catalogs of each table change.
DO $do$
DECLARE
  name text;
BEGIN
  FOR name IN SELECT table_name FROM orrery.collections ORDER BY id LOOP
    EXECUTE pg_catalog.format(
      'ALTER TABLE public.%I ALTER COLUMN value DROP NOT NULL, ALTER COLUMN metadata DROP NOT NULL', name);
  END LOOP;
END
$do$;

-- True while the index of a `half` collection is over the vectors as they are stored, instead of over vectors
-- of length 1. `orrery migrate` sets it by the index that is there.
ALTER TABLE orrery.collections ADD COLUMN unnormalized boolean NOT NULL DEFAULT false;

-- As before, and says `unnormalized`.
CREATE OR REPLACE FUNCTION orrery.catalog() RETURNS text
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
      'quantization', c.quantization, 'unnormalized', c.unnormalized, 'm', c.hnsw_m,
      'efConstruction', c.hnsw_ef_construction, 'shards', orrery.catalog_shards(c.table_name)) ORDER BY c.id)
    INTO collections
    FROM orrery.collections c;
  RETURN pg_catalog.json_build_object(
    'clusterId', cluster_id, 'nodes', coalesce(nodes, '[]'), 'collections', coalesce(collections, '[]'))::text;
END
$function$;

-- A view for each collection, of its name. `orrery migrate` creates those of the collections that are there.
CREATE SCHEMA orrery_sql;

-- The role that reads the views. Logins are made members of it.
DO $do$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'orrery_reader') THEN
    CREATE ROLE orrery_reader NOLOGIN;
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  -- Somebody else creates it; the rights follow with the next migration.
  RAISE WARNING 'there is no role orrery_reader';
END
$do$;
