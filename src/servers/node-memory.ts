/** The memory settings of a server, as it reports them. */

/** SQL expression: a text with the fields of advice's NodeMemory as JSON. */
export const NODE_MEMORY = `json_build_object(
  'sharedBuffersBytes', pg_size_bytes(current_setting('shared_buffers')),
  'effectiveCacheBytes', pg_size_bytes(current_setting('effective_cache_size')),
  'maintenanceWorkMemBytes', pg_size_bytes(current_setting('maintenance_work_mem')),
  'parallelWorkers', least(current_setting('max_parallel_workers')::int, current_setting('max_worker_processes')::int),
  'scanMemMultiplier', coalesce(nullif(current_setting('hnsw.scan_mem_multiplier', true), ''), '1')::float8)::text`;
