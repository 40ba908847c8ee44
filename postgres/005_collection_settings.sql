-- What may be chosen for a collection beyond its table, and what was measured of its indexes.

PERFORM pg_catalog.set_config('lock_timeout', '10s', true);

-- Group 1 only. By name; what is absent has the value that it had before there was a choice
-- (src/topology/collection-settings.ts).
ALTER TABLE orrery.collections ADD COLUMN settings jsonb NOT NULL DEFAULT '{}';

ALTER TABLE orrery.collections DROP CONSTRAINT collections_metric_check;
ALTER TABLE orrery.collections ADD CONSTRAINT collections_metric_check
  CHECK (metric IN ('cosine', 'l2', 'inner_product'));

-- As before, and says `settings`. A coordinator of the schema before knows cosine only, and would answer
-- wrongly by other metrics: it finds such a collection without shards, and takes it for one that is being
-- dropped.
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
        'quantization', c.quantization, 'unnormalized', c.unnormalized, 'settings', c.settings, 'm', c.hnsw_m,
        'efConstruction', c.hnsw_ef_construction,
        'shards', CASE WHEN c.metric = 'cosine' THEN s.ranges END,
        'ranges', CASE WHEN c.metric <> 'cosine' THEN s.ranges END) ORDER BY c.id), '[]')
      FROM orrery.collections c, LATERAL (
        SELECT pg_catalog.json_agg(
          pg_catalog.json_build_array(s.shard_id, s.hash_min, s.hash_max, s.group_id) ORDER BY s.hash_min) AS ranges
        FROM orrery.shards s WHERE s.collection_id = c.id
      ) s
      WHERE c.state = 'live'
    ))::text;
END
$function$;

-- Group 1 only: the recall that searches through the indexes of a collection had, by `hnsw.ef_search`.
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
