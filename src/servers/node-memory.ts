/** The memory settings of a server, as it reports them. */

/** Of settings on which the speed of index builds and searches depends. */
export interface NodeMemory {
  readonly sharedBuffersBytes: number;
  /** What the server assumes that it and the system can keep in memory. */
  readonly effectiveCacheBytes: number;
  readonly maintenanceWorkMemBytes: number;
  /** That the server can start for one statement. */
  readonly parallelWorkers: number;
  readonly scanMemMultiplier: number;
}

/** SQL expression: a text that is a NodeMemory in JSON. */
export const NODE_MEMORY = `json_build_object(
  'sharedBuffersBytes', pg_size_bytes(current_setting('shared_buffers')),
  'effectiveCacheBytes', pg_size_bytes(current_setting('effective_cache_size')),
  'maintenanceWorkMemBytes', pg_size_bytes(current_setting('maintenance_work_mem')),
  'parallelWorkers', least(current_setting('max_parallel_workers')::int, current_setting('max_worker_processes')::int),
  'scanMemMultiplier', coalesce(nullif(current_setting('hnsw.scan_mem_multiplier', true), ''), '1')::float8)::text`;
