/**
 * One part of a request in somebody's trace. Whoever does the work has none of it (`undefined`) when nobody
 * traces.
 */
export interface Trace {
  /** A part of this part, beginning now. */
  child(name: string, attributes?: TraceAttributes): Trace;
  /** To be called once. `failure`: the code of the error it ended with. */
  end(failure?: string): void;
}

export type TraceAttributes = Readonly<Record<string, string | number | boolean>>;
