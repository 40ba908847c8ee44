/**
 * What `pg` connects with. It lets the query of a URL win over everything else it is given, so what Orrery
 * sets is taken out of the query first, and merged. What the query may hold is checked with the
 * configuration.
 */
import type { ClientConfig } from "pg";

export interface SessionStart {
  /** As pg_stat_activity shows the session. */
  readonly applicationName: string;
  /** Settings as `-c name=value`; they come after those of the URL, so they win. */
  readonly options: string;
  readonly connectTimeoutMs: number;
}

/** Of the query, what `pg` itself makes something of: TLS, and where and as whom to connect. */
const KEPT: ReadonlySet<string> = new Set([
  "ssl",
  "sslmode",
  "sslcert",
  "sslkey",
  "sslrootcert",
  "sslnegotiation",
  "uselibpqcompat",
  "host",
  "port",
  "user",
  "password",
]);

/** A lost peer is noticed about ten seconds after this, and a firewall in between sees no idle connection. */
const KEEP_ALIVE_AFTER_MS = 10_000;

export function clientConfig(url: string, session: SessionStart): ClientConfig {
  const [address = "", search = ""] = splitAt(url, "?");
  const query = new URLSearchParams(search);
  const kept = new URLSearchParams([...query].filter(([name]) => KEPT.has(name)));
  if (isVerified(kept)) kept.set("sslmode", "verify-full");
  const options = query.get("options");
  const limitMs = 1000 * Number(query.get("connect_timeout") ?? 0);
  const config: ClientConfig & { readonly enableChannelBinding: boolean } = {
    connectionString: kept.size === 0 ? address : `${address}?${kept}`,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
    application_name: session.applicationName,
    options: options === null ? session.options : `${options} ${session.options}`,
    connectionTimeoutMillis:
      limitMs > 0 ? Math.min(limitMs, session.connectTimeoutMs) : session.connectTimeoutMs,
    // Where the server offers it; `pg` cannot insist.
    enableChannelBinding: ["prefer", "require"].includes(query.get("channel_binding") ?? ""),
  };
  return config;
}

/**
 * Modes that `pg` takes for `verify-full`. Under their own names it would warn of that on standard error,
 * between the lines of the log.
 */
function isVerified(query: URLSearchParams): boolean {
  return (
    query.get("uselibpqcompat") !== "true" &&
    ["prefer", "require", "verify-ca"].includes(query.get("sslmode") ?? "")
  );
}

function splitAt(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + separator.length)];
}
