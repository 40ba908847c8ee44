-- What many equal vectors do to the recall of an HNSW index: psql -f bench/equal-vectors.sql, on any database
-- with pgvector. Leaves nothing behind.
\set QUIET on
SET client_min_messages = warning;
\pset format unaligned
\pset fieldsep ' | '
BEGIN;

CREATE FUNCTION pg_temp.random_vector() RETURNS vector LANGUAGE sql VOLATILE AS $$
  SELECT array_agg(sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random()))::vector FROM generate_series(1, 64)
$$;

-- Recall@10 over the queries, any of several equally near records being as good; and how many queries found
-- nothing but equal vectors although others are nearer.
CREATE FUNCTION pg_temp.recall(ef int) RETURNS TABLE (mean numeric, stuck bigint) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('hnsw.ef_search', ef::text, true), set_config('hnsw.iterative_scan', 'relaxed_order', true);
  RETURN QUERY
    SELECT round(avg((SELECT count(*) FROM unnest(hits) h WHERE h <= truth[10] + 1e-6) / 10.0), 3),
           count(*) FILTER (WHERE hits[1] = hits[10] AND truth[1] < hits[1] - 1e-6)
    FROM (SELECT
        ARRAY(SELECT (v <=> q.v) + 0 AS d FROM stored ORDER BY d LIMIT 10) AS truth,
        ARRAY(SELECT d FROM (SELECT v <=> q.v AS d FROM stored ORDER BY v <=> q.v LIMIT 10) h ORDER BY d) AS hits
      FROM queries q) searched;
END $$;

SELECT setseed(0.42) \g /dev/null
CREATE TEMP TABLE others AS SELECT i, pg_temp.random_vector() AS v FROM generate_series(1, 8000) i;
CREATE TEMP TABLE queries AS SELECT i, pg_temp.random_vector() AS v FROM generate_series(1, 200) i;
CREATE TEMP TABLE stored (i int, v vector(64));
SET LOCAL enable_seqscan = off;

\echo equal vectors, written | m, ef_construction | ef_search | recall@10 | stuck of 200
CREATE PROCEDURE pg_temp.measure(equal int, first boolean, m int, built int) LANGUAGE plpgsql AS $$
DECLARE
  ef int;
  result record;
BEGIN
  TRUNCATE stored;
  DROP INDEX IF EXISTS stored_index;
  EXECUTE format('CREATE INDEX stored_index ON stored USING hnsw (v vector_cosine_ops) WITH (m = %s, ef_construction = %s)', m, built);
  FOR round IN 1..2 LOOP
    IF first = (round = 1) THEN
      INSERT INTO stored SELECT -n, v FROM others, generate_series(1, equal) n WHERE i = 1;
    ELSE
      INSERT INTO stored SELECT i, v FROM others ORDER BY i;
    END IF;
  END LOOP;
  FOREACH ef IN ARRAY ARRAY[40, 100, 400] LOOP
    SELECT * INTO result FROM pg_temp.recall(ef);
    RAISE INFO '% % | %, % | % | % | %', equal, CASE WHEN first THEN 'first' ELSE 'last' END, m, built, ef, result.mean, result.stuck;
  END LOOP;
END $$;
CALL pg_temp.measure(0, true, 16, 64);
CALL pg_temp.measure(500, true, 16, 64);
CALL pg_temp.measure(2000, true, 16, 64);
CALL pg_temp.measure(2000, false, 16, 64);
CALL pg_temp.measure(2000, true, 32, 200);
CALL pg_temp.measure(10000, true, 16, 64);
ROLLBACK;
