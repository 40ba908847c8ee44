/** How data reaches standard output: tables for people, JSON for programs. */
import type { Writable } from "node:stream";
import Table from "cli-table3";

export interface Output {
  readonly json: boolean;
  /** One answer: `value` as JSON, or `rows` under `head`, cells cut at `longest` characters (80). */
  show(value: unknown, head: readonly string[], rows: readonly Row[], longest?: number): void;
  /** One of many that come with time: `value` as one line of JSON, or `text`. */
  line(value: unknown, text: string): void;
}

type Row = readonly (string | number | boolean | null | undefined)[];

export function createOutput(stdout: Writable, format: "table" | "json"): Output {
  const json = format === "json";
  return {
    json,
    show: (value, head, rows, longest = 80) => {
      stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${table(head, rows, longest)}\n`);
    },
    line: (value, text) => stdout.write(`${json ? JSON.stringify(value) : printable(text)}\n`),
  };
}

function table(head: readonly string[], rows: readonly Row[], longest: number): string {
  const plain = new Table({
    head: [...head],
    style: { head: [], border: [], "padding-left": 0, "padding-right": 2 },
    chars: Object.fromEntries(BORDERS.map((border) => [border, ""])),
  });
  for (const row of rows) plain.push(row.map((cell) => shorten(printable(String(cell ?? "")), longest)));
  return plain
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n");
}

const BORDERS = [
  ...["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"],
  ...["left", "left-mid", "mid", "mid-mid", "right", "right-mid", "middle"],
];

/** Shows control characters instead of obeying them: stored text must not steer a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Bidi_Control}/gu, (character) =>
    character === "\n" ? "⏎" : `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function shorten(text: string, longest: number): string {
  const characters = [...text];
  return characters.length <= longest ? text : `${characters.slice(0, longest - 1).join("")}…`;
}
