/** Runs a panel's queries on Prometheus. */

/** One series: its legend, its labels, and its points (seconds, value). */
export interface Drawn {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [time: number, value: number])[];
}

export interface Target {
  readonly expr: string;
  readonly legendFormat: string;
  readonly instant?: boolean;
}

export interface Span {
  readonly start: number;
  readonly end: number;
  readonly stepSeconds: number;
}

interface Answer {
  readonly status: string;
  readonly error?: string;
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value?: readonly [number, string];
      readonly values?: readonly (readonly [number, string])[];
    }[];
  };
}

/** Queries as Grafana would with every variable at "All". Throws an Error with Prometheus's message. */
export async function askPrometheus(
  url: string,
  { expr, legendFormat, instant = false }: Target,
  { start, end, stepSeconds }: Span,
): Promise<readonly Drawn[]> {
  const query = expr
    .replaceAll("$__rate_interval", `${Math.max(4 * stepSeconds, 15)}s`)
    .replaceAll(/\$\w+/g, ".*");
  const parameters = new URLSearchParams(
    instant
      ? { query, time: String(end) }
      : { query, start: String(start), end: String(end), step: String(stepSeconds) },
  );
  const response = await fetch(`${url}/api/v1/query${instant ? "" : "_range"}?${parameters}`);
  const answer = (await response.json()) as Answer;
  if (answer.status !== "success") throw new Error(`${query}: ${answer.error}`);
  return answer.data.result.map(({ metric, value, values = value === undefined ? [] : [value] }) => ({
    name: nameOf(metric, legendFormat),
    labels: metric,
    points: values.map(([time, text]) => [time, Number(text)] as const),
  }));
}

function nameOf(labels: Readonly<Record<string, string>>, legend: string): string {
  if (legend !== "__auto") return legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label) => labels[label] ?? "");
  const own = Object.entries(labels).filter(([label]) => label !== "__name__");
  return own.map(([, value]) => value).join(", ");
}
