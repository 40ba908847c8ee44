-- What cluster changes need: pins, plans, finished operations, the rates of earlier moves, and the functions
-- a leader calls. Local tables are on the Citus coordinator node, like orrery.leadership.

-- The node group that must hold the shard group of a namespace. A reference table, so that it survives the
-- loss of any node.
CREATE TABLE orrery.namespace_pins (
  collection_id int NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  shard_key text COLLATE "C" NOT NULL,
  group_id int NOT NULL,
  created_at timestamptz NOT NULL,
  PRIMARY KEY (collection_id, namespace)
);
SELECT create_reference_table('orrery.namespace_pins');

-- Operations that have ended, kept for 30 days. Local.
CREATE TABLE orrery.operations (
  id text PRIMARY KEY,
  finished_at timestamptz NOT NULL,
  record json NOT NULL
);
CREATE INDEX operations_finished_at ON orrery.operations (finished_at);

-- Rebalance plans, kept for a day. Local.
CREATE TABLE orrery.rebalance_plans (
  id text PRIMARY KEY,
  created_at timestamptz NOT NULL DEFAULT now(),
  plan jsonb NOT NULL
);

-- Finished moves, to estimate later ones. Local.
CREATE TABLE orrery.move_history (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  operation_id text NOT NULL,
  shard_id bigint NOT NULL,
  source text NOT NULL,
  target text NOT NULL,
  bytes bigint NOT NULL,
  copy_bytes bigint NOT NULL,
  index_bytes bigint NOT NULL,
  rows bigint NOT NULL,
  transfer_mode text NOT NULL,
  copy_ms double precision NOT NULL,
  index_ms double precision NOT NULL,
  total_ms double precision NOT NULL,
  finished_at timestamptz NOT NULL DEFAULT now()
);

GRANT SELECT ON orrery.namespace_pins, orrery.operations, orrery.rebalance_plans, orrery.move_history TO orrery_service;

-- False when a namespace of this shard is pinned to another node group. Citus calls it on its coordinator
-- node.
CREATE FUNCTION orrery.shard_allowed_on_node(shard bigint, node int) RETURNS boolean
LANGUAGE plpgsql STABLE AS $function$
BEGIN
  RETURN NOT EXISTS (
    SELECT FROM pg_catalog.pg_dist_shard s
    JOIN orrery.collections c
      ON s.logicalrelid = pg_catalog.to_regclass('public.' || pg_catalog.quote_ident(c.table_name))
    JOIN orrery.namespace_pins p ON p.collection_id = c.id
    WHERE s.shardid = shard
      AND pg_catalog.hashtext(p.shard_key) BETWEEN s.shardminvalue::int AND s.shardmaxvalue::int
      AND p.group_id <> (SELECT n.groupid FROM pg_catalog.pg_dist_node n WHERE n.nodeid = node)
  );
END
$function$;

-- Makes a rebalance that is started in SQL respect the pins. Only a superuser may add a strategy.
DO $do$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_dist_rebalance_strategy WHERE name = 'orrery') THEN
    PERFORM pg_catalog.citus_add_rebalance_strategy('orrery', 'citus_shard_cost_by_disk_size',
      'citus_node_capacity_1', 'orrery.shard_allowed_on_node', 0.2, 0.01, 0.5);
  END IF;
  PERFORM pg_catalog.citus_set_default_rebalance_strategy('orrery');
EXCEPTION WHEN insufficient_privilege THEN
  RAISE WARNING 'a rebalance started in SQL will not respect pins: only a superuser may add a rebalance strategy';
END
$do$;

-- Drops what moves and splits left behind. CALL takes no WHERE, so the leader term is checked inside.
CREATE PROCEDURE orrery.clean_up(leader_term bigint)
LANGUAGE plpgsql AS $procedure$
BEGIN
  IF NOT EXISTS (SELECT FROM orrery.leadership WHERE term = leader_term) THEN
    RAISE EXCEPTION 'term % is over', leader_term USING ERRCODE = 'OR003';
  END IF;
  CALL pg_catalog.citus_cleanup_orphaned_resources();
END
$procedure$;

-- The two halves of taking a node out of use, run on that node: its catalogs stay frozen once it has left the
-- cluster, and would go on forwarding writes by their last state. First no new session may write, then the
-- old ones end.
CREATE FUNCTION orrery.refuse_writes() RETURNS int
LANGUAGE plpgsql VOLATILE AS $function$
BEGIN
  -- A session that begins read-only could not say it again.
  IF pg_catalog.current_setting('transaction_read_only')::boolean THEN
    RETURN 0;
  END IF;
  PERFORM pg_catalog.set_config('citus.enable_ddl_propagation', 'off', true);
  EXECUTE pg_catalog.format('ALTER DATABASE %I SET default_transaction_read_only = on', pg_catalog.current_database());
  RETURN 1;
END
$function$;

CREATE FUNCTION orrery.end_sessions() RETURNS int
LANGUAGE plpgsql VOLATILE AS $function$
BEGIN
  -- What ends a session is no condition: those are looked at in whatever order, so for sessions of other
  -- databases as well.
  RETURN (
    SELECT pg_catalog.count(*) FILTER (WHERE pg_catalog.pg_terminate_backend(pid)) FROM pg_catalog.pg_stat_activity
    WHERE datname = pg_catalog.current_database() AND application_name LIKE 'orrery%' AND pid <> pg_catalog.pg_backend_pid()
  );
END
$function$;

REVOKE ALL ON FUNCTION orrery.shard_allowed_on_node(bigint, int), orrery.refuse_writes(), orrery.end_sessions() FROM PUBLIC;
REVOKE ALL ON PROCEDURE orrery.clean_up(bigint) FROM PUBLIC;
