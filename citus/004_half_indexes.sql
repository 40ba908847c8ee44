-- Builds the HNSW index of `half` collections anew over vectors of length 1, which halfvec can hold whatever
-- the length of the stored ones. Writes to such a collection wait while its index is built; searches go on by
-- the old one, which goes last. A collection that has the new index already is left alone.
DO $do$
DECLARE
  old record;
BEGIN
  FOR old IN
    SELECT c.table_name, a.atttypmod AS dimension, pg_catalog.array_to_string(i.reloptions, ', ') AS parameters
    FROM orrery.collections c
    JOIN pg_catalog.pg_index x
      ON x.indrelid = pg_catalog.to_regclass('public.' || pg_catalog.quote_ident(c.table_name))
    JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid AND i.relname = c.table_name || '_hnsw'
    JOIN pg_catalog.pg_attribute a ON a.attrelid = x.indrelid AND a.attname = 'embedding'
    WHERE c.quantization = 'half' AND pg_catalog.pg_get_indexdef(i.oid) NOT LIKE '%l2_normalize%'
  LOOP
    EXECUTE pg_catalog.format(
      'CREATE INDEX %I ON public.%I USING hnsw ((l2_normalize(embedding)::halfvec(%s)) halfvec_cosine_ops) WITH (%s)',
      old.table_name || '_new', old.table_name, old.dimension, old.parameters);
    EXECUTE pg_catalog.format('DROP INDEX public.%I', old.table_name || '_hnsw');
    EXECUTE pg_catalog.format('ALTER INDEX public.%I RENAME TO %I', old.table_name || '_new', old.table_name || '_hnsw');
  END LOOP;
END
$do$;
