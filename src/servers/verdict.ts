/** What a rule finds of a server. */

/**
 * What a server may be unable to do:
 * - `move`: give a shard group away while it is written to.
 * - `split`: cut a shard while it is written to.
 * - `receive`: take a shard group in.
 * - `commit`: take part in a change of several nodes.
 * - `join`: become a node.
 */
export type Ability = "move" | "split" | "receive" | "commit" | "join";

/** One for each situation; callers differ only in which abilities they need. */
export interface Verdict<Code extends string = string> {
  /** A word for programs: the setting, mostly. */
  readonly code: Code;
  readonly severity: "ok" | "warning" | "failed";
  /** Empty for `ok`. */
  readonly prevents: readonly Ability[];
  /**
   * For `ok` the value alone. Otherwise what follows the name of the server: what is so, what that means, and
   * what to do.
   */
  readonly sentence: string;
}

export function fine<Code extends string>(code: Code, value: string): Verdict<Code> {
  return { code, severity: "ok", prevents: [], sentence: value };
}

/** `<name> <sentence>` of each verdict that keeps the server from doing it. */
export function reasonsAgainst(
  name: string,
  verdicts: readonly Verdict[],
  isNeeded: (ability: Ability) => boolean = () => true,
): readonly string[] {
  return verdicts
    .filter(({ prevents }) => prevents.some(isNeeded))
    .map(({ sentence }) => `${name} ${sentence}`);
}
