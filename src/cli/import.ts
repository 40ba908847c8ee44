import { createReadStream } from "node:fs";
import { Command } from "commander";
import { CallError } from "../client/call-error.ts";
import type { NewRecord } from "../client/messages.ts";
import { type CliContext, calling, wholeNumber } from "./context.ts";
import { CommandFailed, describeFailure, EXIT, exitCodeOf } from "./exit.ts";
import { printable } from "./output.ts";
import { createProgress } from "./progress.ts";
import { readLines } from "./read-lines.ts";
import { parseRecord } from "./record-json.ts";
import { type RefusedRecord, writeBatch } from "./write-batch.ts";

/** Far below the default message limit, whatever the records are. */
const BATCH_BYTES = 4 * 1024 * 1024;

/** Shrinks when the server takes fewer records in one call. */
interface BatchSize {
  records: number;
}

interface Line {
  readonly number: number;
  readonly bytes: number;
  readonly record: NewRecord;
}

export function importCommand(context: CliContext): Command {
  return new Command("import")
    .description("write records from a file of one JSON object a line (upsert: may be run again)")
    .argument("[file]", "default: standard input")
    .option("-c, --collection <name>", "default: memory_entries")
    .option("--batch-size <n>", "records in one call", wholeNumber, 500)
    .action(
      calling(
        context,
        async (
          { client, output },
          file: string | undefined,
          { collection, batchSize }: { readonly collection?: string; readonly batchSize: number },
        ) => {
          const input = file === undefined ? context.stdin : createReadStream(file);
          const progress = createProgress(context);
          const refused: RefusedRecord<Line>[] = [];
          let sent = 0;
          const size: BatchSize = { records: batchSize };
          const onWait = (milliseconds: number) =>
            progress.update(`${sent} records, waiting ${Math.round(milliseconds)} ms`);
          const write = async (items: readonly Line[]): Promise<void> => {
            try {
              refused.push(...(await writeBatch(client, { collection, items, onWait })));
            } catch (error) {
              if (items.length === 1 || !isTooMany(error)) namingLines(items)(error);
              const half = Math.ceil(items.length / 2);
              size.records = half;
              await write(items.slice(0, half));
              return write(items.slice(half));
            }
            sent += items.length;
          };
          try {
            for await (const items of batches(readRecords(input), size)) {
              await write(items);
              progress.update(`${sent} records`);
            }
          } finally {
            progress.end();
            for (const { item, failure } of refused) {
              context.stderr.write(`line ${item.number}: ${printable(describeFailure(failure))}\n`);
            }
            const counts = { written: sent - refused.length, refused: refused.length };
            output.show(counts, ["written", "refused"], [[counts.written, counts.refused]]);
          }
          const [first] = refused;
          if (first !== undefined)
            throw new CommandFailed("not all records were written", exitCodeOf(first.failure.status));
        },
      ),
    );
}

async function* readRecords(input: AsyncIterable<Buffer | string>): AsyncGenerator<Line> {
  for await (const { number, bytes, text } of readLines(input)) {
    // What JSON takes for space, and no more: a record separator or a stray byte order mark is no blank line.
    if (/^[ \t\r]*$/.test(text)) continue;
    let record: NewRecord;
    try {
      record = parseRecord(text);
    } catch (error) {
      throw new CommandFailed(`line ${number}: ${(error as Error).message}`, EXIT.usage);
    }
    yield { number, bytes, record };
  }
}

async function* batches(lines: AsyncIterable<Line>, size: BatchSize): AsyncGenerator<Line[]> {
  let batch: Line[] = [];
  let bytes = 0;
  let names = new Set<string>();
  for await (const line of lines) {
    const name = JSON.stringify([line.record.namespace, line.record.key]);
    // A call must not name a key twice; of two lines the later one is to be written later.
    if (batch.length > 0 && (names.has(name) || bytes + line.bytes > BATCH_BYTES)) {
      yield batch;
      [batch, bytes, names] = [[], 0, new Set()];
    }
    batch.push(line);
    bytes += line.bytes;
    names.add(name);
    if (batch.length >= size.records) {
      yield batch;
      [batch, bytes, names] = [[], 0, new Set()];
    }
  }
  if (batch.length > 0) yield batch;
}

/** Whether the number of records, or what they take together, is all that the server has against a call. */
function isTooMany(error: unknown): boolean {
  if (!(error instanceof CallError)) return false;
  const { fields, reason } = error.failure;
  if (reason === "TOO_LARGE") return true;
  return fields.length > 0 && fields.every(({ field }) => field === "records");
}

/** Rethrows the refusal of a batch, with the lines that its fields are about. */
function namingLines(items: readonly Line[]) {
  return (error: unknown): never => {
    if (!(error instanceof CallError)) throw error;
    const { failure } = error;
    const fields = failure.fields.map(({ field, description }) => {
      const [, index, rest] = /^records\[(\d+)\]\.?(.*)$/.exec(field) ?? [];
      const line = index === undefined ? undefined : items[Number(index)];
      return line === undefined
        ? { field, description }
        : { field: `line ${line.number}: ${rest}`, description };
    });
    const message = `lines ${items[0]?.number} to ${items.at(-1)?.number} were refused`;
    throw new CallError(
      { ...failure, fields, message: fields.length > 0 ? message : `${message}: ${failure.message}` },
      error.requestId,
      error,
    );
  };
}
