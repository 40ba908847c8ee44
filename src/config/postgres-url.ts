/** What the query of a connection URL may hold: what is not taken over is refused, not ignored. */
import { accessSync, constants } from "node:fs";

const ANY = /./s;
/** Read by each connection. */
const FILES: ReadonlySet<string> = new Set(["sslcert", "sslkey", "sslrootcert"]);

/** What can be taken over, with the values it may have. */
const TAKEN_OVER: Readonly<Record<string, RegExp>> = {
  ssl: ANY,
  sslmode: /^(disable|prefer|require|verify-ca|verify-full|no-verify)$/,
  sslcert: ANY,
  sslkey: ANY,
  sslrootcert: ANY,
  sslnegotiation: /^(postgres|direct)$/,
  uselibpqcompat: /^(true|false)$/,
  host: ANY,
  port: /^\d{1,5}$/,
  user: ANY,
  password: ANY,
  options: ANY,
  connect_timeout: /^\d{1,6}$/,
  channel_binding: /^(disable|prefer|require)$/,
  gssencmode: /^(disable|prefer)$/,
  client_encoding: /^(utf-?8|auto)$/i,
  // Each server is asked whether it is the primary that the map means.
  target_session_attrs: /^(any|read-write|primary)$/,
};

/** What Orrery sets itself, with what to do instead. */
const ITS_OWN: Readonly<Record<string, string>> = {
  application_name: "Orrery finds its sessions by their names",
  fallback_application_name: "Orrery finds its sessions by their names",
  statement_timeout: "set pool.statementTimeoutMs",
  query_timeout: "set pool.statementTimeoutMs",
  lock_timeout: "Orrery sets it for each session",
  idle_in_transaction_session_timeout: "Orrery sets it for each session",
  replication: "Orrery does not replicate",
};

/** Why the URL cannot be used, a sentence for each reason; never its values, which may be secret. */
export function problemsOfUrl(url: string): readonly string[] {
  if (!URL.canParse(url)) {
    return ["is no URL with one host: in user, password and database write / as %2F, # as %23"];
  }
  return [...new URL(url).searchParams].flatMap(([name, value]) => problemOf(name, value) ?? []);
}

function problemOf(name: string, value: string): string | undefined {
  const instead = Object.hasOwn(ITS_OWN, name) ? ITS_OWN[name] : undefined;
  if (instead !== undefined) return `cannot have ${name}: ${instead}`;
  const allowed = Object.hasOwn(TAKEN_OVER, name) ? TAKEN_OVER[name] : undefined;
  if (allowed === undefined) {
    return `cannot have ${JSON.stringify(name)}; it may have ${Object.keys(TAKEN_OVER).join(", ")}`;
  }
  if (!allowed.test(value)) return `has a value for ${name} that Orrery cannot follow`;
  return FILES.has(name) && !isReadable(value) ? `names a file for ${name} that cannot be read` : undefined;
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
