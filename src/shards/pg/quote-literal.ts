/** The one way a value gets into SQL text, for statements that take no parameters: those that make tables. */
import { escapeLiteral } from "pg";

/** Throws RangeError on what PostgreSQL cannot hold. */
export function quoteLiteral(text: string): string {
  if (text.includes("\0")) throw new RangeError("a text in SQL cannot have the character 0");
  return escapeLiteral(text).trimStart();
}
