-- What may be chosen for a collection beyond its table, and what was measured of its indexes.

-- One connection to a node.
SET LOCAL citus.multi_shard_modify_mode TO 'sequential';
SET LOCAL lock_timeout TO '10s';

-- By name; what is absent has the value from before there was a choice
-- (src/topology/collection-settings.ts).
ALTER TABLE orrery.collections ADD COLUMN settings jsonb NOT NULL DEFAULT '{}';

-- One by one: of a text with several statements Citus sends the nodes all to change a constraint.
DO $do$
BEGIN
  EXECUTE 'ALTER TABLE orrery.collections DROP CONSTRAINT collections_metric_check';
  EXECUTE $sql$ALTER TABLE orrery.collections ADD CONSTRAINT collections_metric_check
    CHECK (metric IN ('cosine', 'l2', 'inner_product'))$sql$;
END
$do$;

-- As before, and says `settings`. A coordinator of the schema before knows cosine only, and would answer
-- wrongly by other metrics: it finds such a collection without shards, and takes it for one that is being
-- dropped.
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
      'quantization', c.quantization, 'unnormalized', c.unnormalized, 'settings', c.settings, 'm', c.hnsw_m,
      'efConstruction', c.hnsw_ef_construction,
      'shards', CASE WHEN c.metric = 'cosine' THEN orrery.catalog_shards(c.table_name) END,
      'ranges', CASE WHEN c.metric <> 'cosine' THEN orrery.catalog_shards(c.table_name) END) ORDER BY c.id)
    INTO collections
    FROM orrery.collections c;
  RETURN pg_catalog.json_build_object(
    'clusterId', cluster_id, 'nodes', coalesce(nodes, '[]'), 'collections', coalesce(collections, '[]'))::text;
END
$function$;

-- The recall that searches through the indexes of a collection had, by `hnsw.ef_search`. A reference table:
-- every coordinator reads it, from whichever node answers.
CREATE TABLE orrery.vector_indexes (
  collection_id int NOT NULL,
  -- Shards of 4^n to 4^(n+1) - 1 rows.
  size_class int NOT NULL,
  -- The fewest shards that a search of this class asks: 1, 2, 5 or 17.
  fan_out int NOT NULL,
  -- '' but for a namespace whose recall is another than that of the others.
  namespace text COLLATE "C" NOT NULL DEFAULT '',
  measured_at timestamptz NOT NULL,
  -- What it holds is said, and checked, where it is read (src/recall).
  measured jsonb NOT NULL,
  PRIMARY KEY (collection_id, size_class, fan_out, namespace)
);
SELECT create_reference_table('orrery.vector_indexes');
GRANT SELECT ON orrery.vector_indexes TO orrery_service;
