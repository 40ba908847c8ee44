/** Lines of a stream of UTF-8, as JSON lines have them: a line ends at the byte 0x0A and nowhere else. */
import { CommandFailed, EXIT } from "./exit.ts";

/**
 * Longer than any record that the default limits allow, even with every byte of its value escaped. Without a
 * bound, a file without line ends is read into memory whole.
 */
const LONGEST_LINE_BYTES = 32 * 1024 * 1024;

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export interface TextLine {
  /** From 1. */
  readonly number: number;
  readonly bytes: number;
  readonly text: string;
}

/**
 * Yields every line without its end (LF or CR LF); the last one needs none. A byte order mark at the start is
 * skipped. Throws CommandFailed naming the line that is too long or not UTF-8.
 */
export async function* readLines(
  input: AsyncIterable<Buffer | string>,
  longestBytes = LONGEST_LINE_BYTES,
): AsyncGenerator<TextLine> {
  let number = 0;
  for await (const bytes of splitAtLineFeeds(input, longestBytes)) {
    number++;
    const text = decodeUtf8(number === 1 ? withoutByteOrderMark(bytes) : bytes);
    if (text === undefined) throw new CommandFailed(`line ${number}: is not UTF-8`, EXIT.usage);
    yield { number, bytes: bytes.length, text };
  }
}

/** Undefined when the bytes are not UTF-8. A byte order mark is kept. */
function decodeUtf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** All of a stream as one text, without a byte order mark. Throws CommandFailed when it is not UTF-8. */
export async function readText(input: AsyncIterable<Buffer | string>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of input) chunks.push(Buffer.from(chunk));
  const text = decodeUtf8(withoutByteOrderMark(Buffer.concat(chunks)));
  if (text === undefined) throw new CommandFailed("standard input is not UTF-8", EXIT.usage);
  return text;
}

async function* splitAtLineFeeds(
  input: AsyncIterable<Buffer | string>,
  longestBytes: number,
): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  let length = 0;
  let number = 1;
  const add = (piece: Buffer) => {
    length += piece.length;
    if (length > longestBytes) {
      throw new CommandFailed(
        `line ${number}: is longer than ${longestBytes} bytes, the limit of one line`,
        EXIT.usage,
      );
    }
    pieces.push(piece);
  };
  const take = () => {
    const line = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces);
    [pieces, length] = [[], 0];
    number++;
    return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
  };
  for await (const data of input) {
    const chunk = Buffer.from(data);
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      add(chunk.subarray(start, end));
      yield take();
      start = end + 1;
    }
    if (start < chunk.length) add(chunk.subarray(start));
  }
  if (length > 0) yield take();
}

function withoutByteOrderMark(bytes: Buffer): Buffer {
  return bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? bytes.subarray(3) : bytes;
}
