-- Builds the HNSW index of `half` collections anew over vectors of length 1, which halfvec can hold whatever
-- the length of the stored ones. Writes to such a shard wait while its index is built; searches go on by the
-- old one, which goes last. A shard that has the new index already is left alone.
DECLARE
  old record;
BEGIN
  FOR old IN
    SELECT t.relname AS table_name, a.atttypmod AS dimension,
      pg_catalog.array_to_string(i.reloptions, ', ') AS parameters
    FROM pg_catalog.pg_class t
    JOIN pg_catalog.pg_index x ON x.indrelid = t.oid
    JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid AND i.relname = t.relname || '_hnsw'
    JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attname = 'embedding'
    WHERE t.relnamespace = 'orrery_data'::regnamespace
      AND pg_catalog.pg_get_indexdef(i.oid) LIKE '%halfvec\_cosine\_ops%'
      AND pg_catalog.pg_get_indexdef(i.oid) NOT LIKE '%l2_normalize%'
  LOOP
    EXECUTE pg_catalog.format(
      'CREATE INDEX %I ON orrery_data.%I USING hnsw ((l2_normalize(embedding)::halfvec(%s)) halfvec_cosine_ops) WITH (%s)',
      old.table_name || '_new', old.table_name, old.dimension, old.parameters);
    EXECUTE pg_catalog.format('DROP INDEX orrery_data.%I', old.table_name || '_hnsw');
    EXECUTE pg_catalog.format(
      'ALTER INDEX orrery_data.%I RENAME TO %I', old.table_name || '_new', old.table_name || '_hnsw');
  END LOOP;
END;
