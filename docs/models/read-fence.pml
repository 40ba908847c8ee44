/*
 * How reads can name shard tables and miss nothing: writes, placement changes in two phases, statements with
 * their snapshot and fence, and a coordinator that follows refusals with a map that may be old.
 * README.md says what is modelled and what is not. A macro FAULT_... breaks one rule of the protocol.
 *
 * What is not inside one `atomic` or `d_step` may be interleaved with everything else.
 */

#ifndef CHANGES
#define CHANGES 2          /* placement changes, one after another */
#endif
#ifndef WRITERS
#define WRITERS 1          /* at the same time */
#endif
#ifndef WRITES
#define WRITES 1           /* of each writer, one after another */
#endif
#ifndef KEYS
#define KEYS 1             /* records; where there are two, their shard can be split; IS_SPLIT: it has been */
#endif

#define NODES 3            /* node 0 decides changes (Citus's coordinator node); it may hold shards, too */
#define NONE 9             /* no node, no row, no shard */

/* Shard 0 holds all records. Shards 1 and 2 are the pieces of its split, with one record each. */
#if KEYS == 2
#define SHARDS 3
#else
#define SHARDS 1
#endif
#define holds(shard, key) (shard == 0 || shard == key + 1)

/*
 * States of the catalogs, in the order in which they are decided. There is a row for each shard that has a
 * placement; `written` is the state that wrote it, and stands for its xmin.
 */
typedef Catalog { byte owner[SHARDS]; byte written[SHARDS] };
Catalog catalog[CHANGES + 1];
byte decided;              /* the newest state that is decided: the truth */

mtype = { IDLE, CHANGED, PREPARED };
typedef Node {
  byte committed;          /* the state that new snapshots on this node see */
  mtype change;            /* to the state after that. CHANGED: its transaction is running */
  bool locked;             /* exclusive lock on the shards' metadata; a prepared change keeps it */
  byte writers;            /* shared locks on it */
  bool rolledBack[SHARDS]; /* the row has the xmax of a change that was rolled back */
  bool exists[SHARDS]      /* the shard's table */
};
Node node[NODES];

/* Versions of the records in the tables, committed; 0: no record. */
typedef Table { byte version[KEYS] };
Table table[NODES * SHARDS];
#define tableOf(n, shard) table[(n) * SHARDS + shard]

byte latest[KEYS];         /* the newest version that was written */
byte acked[KEYS];          /* the newest version that was acknowledged */

bool aborted;              /* the change that is prepared is to be rolled back */
byte changesLeft = CHANGES;

#define ownerAt(state, shard) catalog[state].owner[shard]
#define now(n) node[n].committed
#define touches(state, shard) (catalog[state].written[shard] == state)
#define changes(n, shard) (node[n].change != IDLE && touches(node[n].committed + 1, shard))
#define nothingIsPending (node[0].change == IDLE && node[1].change == IDLE && node[2].change == IDLE)
#define changesHaveEnded (changesLeft == 0 && nothingIsPending)

/* The statement that runs. */
byte asked = NONE;         /* its node */
bool reads[SHARDS];        /* the tables it has locked, so that they are not dropped */
bool wasOwner[SHARDS];     /* the node was the shard's owner at some moment of the statement */

/* The properties, to be checked together or one alone. */
#define ALL 0
#define NO_ACKNOWLEDGED_WRITE_IS_MISSING 1 /* in an answer that is called complete: none from before the search */
#define READS_ARE_OF_OWNERS 2              /* at some moment of the statement; none of a placement dropped before */
#define NO_ACKNOWLEDGED_WRITE_IS_LOST 3    /* the owner has it */
#define SEARCHES_END 4                     /* once changes have ended, after a few refusals */
#ifndef PROPERTY
#define PROPERTY ALL
#endif
#define holdsThat(property, condition) ((PROPERTY != ALL && PROPERTY != property) || (condition))
#ifndef MAX_REFUSALS
#define MAX_REFUSALS 3
#endif

inline assertNothingIsLost() {
  d_step {
    for (s : 0 .. SHARDS - 1) {
      for (k : 0 .. KEYS - 1) {
        if
        :: catalog[decided].owner[s] != NONE && holds(s, k) ->
          assert(holdsThat(NO_ACKNOWLEDGED_WRITE_IS_LOST, tableOf(ownerAt(decided, s), s).version[k] >= acked[k]))
        :: else
        fi
      }
    }
    s = 0; k = 0
  }
}

/* The shard of a key. */
inline findShard(state, key, shard) {
  if
  :: catalog[state].owner[0] != NONE -> shard = 0
  :: else -> shard = key + 1
  fi
}

/* ---- Writes --------------------------------------------------------------------------------------------- */

/* Any record, through any node. */
inline chooseRecordAndNode() { select(key : 0 .. KEYS - 1); select(through : 0 .. NODES - 1) }

proctype Writer() {
  byte key, through, shard, owner, mine, left = WRITES, s, k;

  do
  :: left == 0 -> break
  :: else ->
#if defined(FAULT_WRITE_CHOSEN_BEFORE_LOCK)
    atomic {
      chooseRecordAndNode();
      findShard(now(through), key, shard); owner = ownerAt(now(through), shard)
    }
    atomic { !node[through].locked -> node[through].writers++ }
#elif defined(FAULT_WRITE_TO_SHARD_TABLE)
    /* By a map that may be old, past Citus's locks. */
    atomic {
      chooseRecordAndNode(); select(through : 0 .. decided);
      findShard(through, key, shard); owner = ownerAt(through, shard); through = 0
    }
    node[owner].exists[shard];
#else
    /* By the distributed table: Citus locks the shard's metadata on this node, then looks where the shard is. */
    atomic { chooseRecordAndNode() }
    atomic {
      !node[through].locked -> node[through].writers++;
      findShard(now(through), key, shard); owner = ownerAt(now(through), shard)
    }
#endif
    d_step { latest[key]++; mine = latest[key]; tableOf(owner, shard).version[key] = mine }
    atomic {
      d_step {
        if
        :: mine > acked[key] -> acked[key] = mine
        :: else
        fi;
#ifndef FAULT_WRITE_TO_SHARD_TABLE
        node[through].writers--;
#endif
        key = 0; through = 0; shard = 0; owner = 0; mine = 0; left--
      }
      assertNothingIsLost()
    }
  od
}

/* ---- Placement changes ---------------------------------------------------------------------------------- */

inline chooseOther(n, than) { select(n : 1 .. NODES - 1); n = (than + n) % NODES }

/* The next state differs from the truth by a move of one shard, or by a split into pieces anywhere. */
inline chooseChange() {
  d_step {
    for (s : 0 .. SHARDS - 1) {
      catalog[next].owner[s] = catalog[decided].owner[s];
      catalog[next].written[s] = catalog[decided].written[s]
    }
    s = 0
  }
  if
#if KEYS == 2
  :: catalog[decided].owner[0] != NONE ->
    taken = 0;
    catalog[next].owner[0] = NONE; catalog[next].written[0] = next;
    select(to : 0 .. NODES - 1); catalog[next].owner[1] = to; catalog[next].written[1] = next;
    select(to : 0 .. NODES - 1); catalog[next].owner[2] = to; catalog[next].written[2] = next
  :: catalog[decided].owner[0] == NONE ->
    select(taken : 1 .. 2); chooseOther(to, catalog[decided].owner[taken]);
    catalog[next].owner[taken] = to; catalog[next].written[taken] = next
#endif
  :: catalog[decided].owner[0] != NONE ->
    taken = 0;
    chooseOther(to, catalog[decided].owner[0]);
    catalog[next].owner[0] = to; catalog[next].written[0] = next
  fi;
  to = 0;
  source = catalog[decided].owner[taken]
}
#define isFree(n) (node[n].writers == 0 && !node[n].locked)
#define isFilled(shard) (touches(next, shard) && catalog[next].owner[shard] != NONE)

/* DROP TABLE waits for the statement that reads it. */
inline dropTable(n, shard) {
  d_step {
    !(asked == n && reads[shard]) -> node[n].exists[shard] = false;
    for (k : 0 .. KEYS - 1) { tableOf(n, shard).version[k] = 0 }
    k = 0
  }
}

/* In place of what an earlier change left behind. */
inline createTables() {
  for (s : 0 .. SHARDS - 1) {
    if
    :: isFilled(s) -> atomic { dropTable(catalog[next].owner[s], s); node[catalog[next].owner[s]].exists[s] = true }
    :: else
    fi
  }
  s = 0
}

inline copyRecords() {
  d_step {
    for (s : 0 .. SHARDS - 1) {
      for (k : 0 .. KEYS - 1) {
        if
        :: isFilled(s) && holds(s, k) ->
          tableOf(catalog[next].owner[s], s).version[k] = tableOf(source, taken).version[k]
        :: else
        fi
      }
    }
    s = 0; k = 0
  }
}

inline commit(n) {
  d_step {
    node[n].committed++;
    for (s : 0 .. SHARDS - 1) {
      if
      :: touches(node[n].committed, s) -> node[n].rolledBack[s] = false
      :: else
      fi
    }
    s = 0; node[n].change = IDLE; node[n].locked = false
  }
}

inline rollBack(n) {
  d_step {
    for (s : 0 .. SHARDS - 1) {
      if
      :: changes(n, s) && catalog[node[n].committed].owner[s] != NONE -> node[n].rolledBack[s] = true
      :: else
      fi
    }
    s = 0; node[n].change = IDLE; node[n].locked = false
  }
}

inline decide() {
  d_step {
    decided = next;
    for (s : 0 .. SHARDS - 1) {
      if
      :: asked != NONE && catalog[decided].owner[s] == asked -> wasOwner[s] = true
      :: else
      fi
    }
    s = 0;
    commit(0)
  }
  assertNothingIsLost()
}

proctype Changes() {
  byte next, taken, source, to, n, s, k;

  do
  :: changesLeft == 0 -> break
  :: else ->
    atomic { next = decided + 1; chooseChange() }
    createTables();

    /*
     * Records are copied while writes go on; from here writes wait. Node after node, or all at once: what is
     * written through a node that is not locked yet comes before the last of the copying.
     */
    atomic {
      isFree(0) && isFree(1) && isFree(2) -> /* the change before this one has been committed there */
      for (n : 0 .. NODES - 1) { node[n].locked = true }
#ifndef FAULT_RECORDS_AFTER_PLACEMENT
      copyRecords()     /* committed before the placement is */
#endif
    }

    atomic { for (n : 0 .. NODES - 1) { node[n].change = CHANGED } }
#ifdef FAULT_DECIDED_BEFORE_PREPARED
    decide();
    for (n : 1 .. NODES - 1) { commit(n) }
#else
    node[1].change = PREPARED;
    if
    :: node[2].change = PREPARED
    :: atomic { aborted = true; rollBack(2) }
    fi;
    if
    :: atomic { !aborted -> decide() }
    :: atomic { aborted = true; rollBack(0) } /* participants roll back where it is prepared */
       atomic { nothingIsPending -> aborted = false }
    fi;
#endif
#ifdef FAULT_RECORDS_AFTER_PLACEMENT
    if
    :: decided == next -> copyRecords()
    :: else
    fi;
#endif

    /* The old table goes now, or when a later change needs its place. */
    if
    :: decided == next -> dropTable(source, taken)
    :: skip
    fi;
    d_step { next = 0; taken = 0; source = 0; n = 0; changesLeft-- }
  od
}

/* COMMIT PREPARED or ROLLBACK PREPARED on one node, in any order and however late, as after a crash. */
proctype Participant(byte me) {
  byte s;
  do
  :: atomic { node[me].change == PREPARED && decided > node[me].committed -> commit(me) }
  :: atomic { node[me].change == PREPARED && aborted -> rollBack(me) }
  :: changesHaveEnded -> break
  od
}

/* ---- The fence ------------------------------------------------------------------------------------------ */

mtype = { PASSED, IN_DOUBT, COMMITTING, GONE, MOVED };

#define versionAt(state, shard) (ownerAt(state, shard) == NONE -> NONE : catalog[state].written[shard])
/* Of the row that the state has, at the time of reading it. */
#define xmaxIsSet(n, shard, state) \
  (catalog[now(n)].written[shard] != catalog[state].written[shard] || node[n].rolledBack[shard] || changes(n, shard))

inline refuseOther(n, shard) {
  if
  :: owner == NONE -> fence = GONE
  :: owner != NONE && owner != n -> fence = MOVED
  :: else
  fi
}

/* orrery.shard_read: one query, with the statement's snapshot. */
inline shardRead(n, shard) {
#if defined(FAULT_NO_FENCE)
  fence = PASSED
#elif defined(FAULT_FRESH_PLACEMENT_ONLY)
  /* The fence of schema 1: VOLATILE, prepared changes, then the placement. */
  d_step { fence = (node[n].change == PREPARED -> COMMITTING : PASSED) }
  d_step { if :: fence == PASSED -> owner = ownerAt(now(n), shard); refuseOther(n, shard) :: else fi }
#elif defined(FAULT_STABLE_WITHOUT_XMAX)
  /* The same, declared STABLE. */
  d_step { fence = (node[n].change == PREPARED -> COMMITTING : PASSED) }
  d_step { if :: fence == PASSED -> owner = ownerAt(seen, shard); refuseOther(n, shard) :: else fi }
#elif defined(FAULT_PLACEMENT_BEFORE_PREPARED)
  /* The same, VOLATILE, in the other order. */
  d_step { fence = PASSED; owner = ownerAt(now(n), shard); refuseOther(n, shard) }
  d_step { if :: fence == PASSED && node[n].change == PREPARED -> fence = COMMITTING :: else fi }
#else
  d_step {
    if
#ifdef FAULT_XMAX_IGNORED
    :: ownerAt(seen, shard) == n -> fence = PASSED
#else
    :: ownerAt(seen, shard) == n && !xmaxIsSet(n, shard, seen) -> fence = PASSED
#endif
#ifdef FAULT_UNKNOWN_IS_HERE
    :: ownerAt(seen, shard) == NONE -> fence = PASSED
#endif
    :: else -> fence = IN_DOUBT
    fi
  }
  if
  :: fence == IN_DOUBT -> checkPlacement(n, shard)
  :: else
  fi
#endif
}

/* orrery.check_placement: each query with a fresh snapshot. */
inline checkPlacement(n, shard) {
  d_step {
    owner = ownerAt(now(n), shard); version = versionAt(now(n), shard);
    xmax = owner != NONE && xmaxIsSet(n, shard, now(n));
    fence = PASSED
  }
  if
  :: owner == NONE || xmax ->
#ifndef FAULT_PREPARED_NOT_ASKED
#ifdef FAULT_ROLLED_BACK_IS_COMMITTING
    fence = COMMITTING;
#else
    d_step { if :: node[n].change == PREPARED -> fence = COMMITTING :: else fi }
#endif
#endif
#ifndef FAULT_ROW_NOT_READ_AGAIN
    d_step { owner = ownerAt(now(n), shard); version = versionAt(now(n), shard) }
#endif
  :: else
  fi;
  d_step {
    if
    :: fence == PASSED -> refuseOther(n, shard)
    :: else
    fi;
    if
#ifndef FAULT_SEEN_NOT_COMPARED
    :: fence == PASSED && version != versionAt(seen, shard) -> fence = COMMITTING
#endif
    :: else
    fi;
    version = 0; xmax = false
  }
}

/* ---- A search ------------------------------------------------------------------------------------------- */

#define isOfStatement(key) (!answered[key] && askedNode[key] == n)
#define isBranchOf(key, shard) (isOfStatement(key) && askedShard[key] == shard)
#define isBranch(shard) (isBranchOf(0, shard) || isBranchOf(KEYS - 1, shard))
#define isFirstFor(shard) isFirst[(shard == 2 -> KEYS - 1 : 0)]

/* By a state of the catalogs: the shards that cover what was asked of node n. */
inline plan(state) {
  for (k : 0 .. KEYS - 1) {
    if
    :: isOfStatement(k) ->
      findShard(state, k, askedShard[k]);
      askedNode[k] = ownerAt(state, askedShard[k])
    :: else
    fi
  }
  k = 0
}

/* Locks the tables and takes the snapshot; without one of the tables there is an error. */
inline beginStatement() {
  d_step {
    fence = PASSED;
    for (k : 0 .. KEYS - 1) {
      if
      :: isOfStatement(k) && !node[n].exists[askedShard[k]] -> fence = GONE
      :: else
      fi
    }
    if
    :: fence == PASSED ->
      asked = n;
      seen = now(n);
      for (k : 0 .. KEYS - 1) {
        if
        :: isOfStatement(k) ->
          reads[askedShard[k]] = true;
          wasOwner[askedShard[k]] = ownerAt(decided, askedShard[k]) == n;
          found[k] = tableOf(n, askedShard[k]).version[k]
        :: else
        fi
      }
    :: else
    fi;
    k = 0
  }
}

/* Of one branch after another, each as late as it may be. */
inline runFences() {
#if SHARDS == 1
  if
  :: fence == PASSED -> runFence(0)
  :: else
  fi
#else
  for (s : 0 .. SHARDS - 1) {
    if
    :: fence == PASSED && isBranch(s) -> runFence(s); refusedShard = s
    :: else
    fi
  }
  s = 0
#endif
}

inline runFence(shard) {
#ifdef FAULT_OWNER_TRUSTED
  if
  :: !isFirstFor(shard) -> skip
  :: else -> shardRead(n, shard)
  fi
#else
  shardRead(n, shard)
#endif
}

inline endStatement() {
  for (k : 0 .. KEYS - 1) {
    if
    :: fence == PASSED && isOfStatement(k) ->
      assert(holdsThat(NO_ACKNOWLEDGED_WRITE_IS_MISSING, found[k] >= needed[k]));
      assert(holdsThat(READS_ARE_OF_OWNERS, wasOwner[askedShard[k]]));
      answered[k] = true
    :: else
    fi;
    found[k] = 0
  }
  for (s : 0 .. SHARDS - 1) { reads[s] = false; wasOwner[s] = false }
  asked = NONE; seen = 0; k = 0; s = 0;
  if
  :: fence != PASSED && changesHaveEnded ->
    if :: refusals <= MAX_REFUSALS -> refusals++ :: else fi;
    assert(holdsThat(SEARCHES_END, refusals <= MAX_REFUSALS))
  :: else
  fi
}

/* Who is asked next: the owner, the same node again, or what the node's own catalogs say. */
inline follow() {
  readsMap = fence == GONE || (fence == MOVED && !isFirstFor(refusedShard));
  for (k : 0 .. KEYS - 1) {
    if
    :: fence != PASSED && isOfStatement(k) ->
      isFirst[k] = false;
      if
      :: fence == MOVED && !readsMap && askedShard[k] == refusedShard -> askedNode[k] = owner
      :: else
      fi
    :: else
    fi
  }
  fence = 0; owner = 0; refusedShard = 0; k = 0
}

proctype Search() {
  byte needed[KEYS];       /* acknowledged before the search began */
  byte found[KEYS];
  bool answered[KEYS];
  byte askedShard[KEYS], askedNode[KEYS];
  bool isFirst[KEYS];      /* the first attempt */
  byte n, seen, refusedShard, refusals, s, k;
  bool readsMap;
  mtype fence;
  byte owner, version;
  bool xmax;

  /* Some map, however old. */
  atomic {
    for (k : 0 .. KEYS - 1) { needed[k] = acked[k]; isFirst[k] = true; askedNode[k] = NONE }
    n = NONE;
    select(seen : 0 .. decided);
    plan(seen);
    seen = 0
  }

  do
  :: answered[0] && answered[KEYS - 1] -> break
  :: else ->
    /* One node after another: their answers do not depend on each other. */
    atomic {
      if
      :: !answered[0] -> n = askedNode[0]
#if KEYS == 2
      :: !answered[1] -> n = askedNode[1]
#endif
      fi;
      beginStatement()
    }
#ifdef FAULT_SNAPSHOT_BEFORE_SEARCH
    d_step { for (k : 0 .. KEYS - 1) { needed[k] = acked[k] } k = 0 }
#endif
    runFences();
    d_step { endStatement(); follow() }
    atomic {
      if
      :: readsMap -> plan(now(n)); readsMap = false
      :: else
      fi;
      n = 0
    }
  od
}

init {
  byte n, k;
  atomic {
    select(n : 0 .. 1);    /* nodes 1 and 2 are alike */
    catalog[0].owner[0] = n;
#if KEYS == 2
    catalog[0].owner[1] = NONE; catalog[0].owner[2] = NONE;
#endif
    for (k : 0 .. KEYS - 1) { latest[k] = 1; acked[k] = 1 }
#ifdef IS_SPLIT
    /* Both pieces on this node: one statement with two branches. */
    catalog[0].owner[0] = NONE; catalog[0].owner[1] = n; catalog[0].owner[2] = n;
    node[n].exists[1] = true; node[n].exists[2] = true;
    tableOf(n, 1).version[0] = 1; tableOf(n, 2).version[1] = 1;
#else
    node[n].exists[0] = true;
    for (k : 0 .. KEYS - 1) { tableOf(n, 0).version[k] = 1 }
#endif
    for (n : 0 .. NODES - 1) { node[n].change = IDLE }
    n = 0;
    run Changes(); run Participant(1); run Participant(2); run Search();
    for (k : 1 .. WRITERS) { run Writer() }
    k = 0
  }
}
