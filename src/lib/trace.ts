/** One part of a request in the client's trace; `undefined` takes its place where nothing is traced. */
export interface Trace {
  /** A part of this part; it begins now. */
  child(name: string, attributes?: TraceAttributes): Trace;
  /** Must be called once. `failure`: the code of the error it ended with. */
  end(failure?: string): void;
}

export type TraceAttributes = Readonly<Record<string, string | number | boolean>>;
