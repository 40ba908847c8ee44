/** One way to reach a system, from a client process. */
export interface Driver<R> {
  /** Keys of what was found or written. `client` is the number of the asking client, from 0. */
  ask(request: R, client: number): Promise<readonly string[]>;
  close(): Promise<void>;
}
