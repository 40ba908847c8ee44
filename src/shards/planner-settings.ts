/** What PostgreSQL plans the statements of requests by, whichever driver sends them. */

/** As PostgreSQL names them; of every session. */
export const PLANNER_SETTINGS: Readonly<Record<string, string>> = {
  // Vectors and index are expected to be in memory. At PostgreSQL's default of 4 it compares all rows of
  // shards with several thousand, which takes up to five times as long as an index scan.
  random_page_cost: "1.1",
  // Where rows could be sorted instead, what becomes of an index scan would follow from costs, and those from
  // statistics: of a table that was empty when it was last looked at, of rows whose vectors lie outside of
  // them, of many rows asked for. An exact search has to sort whatever the setting is, and says so in its
  // text.
  enable_sort: "off",
};

/** For a statement that may do better by sorting: see `Statement.sorts`. */
export const SORTING = { name: "enable_sort", value: "on" } as const;
