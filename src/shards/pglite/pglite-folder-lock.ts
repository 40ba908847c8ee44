/**
 * Locks a data folder, which two processes would corrupt: PGlite itself does not check.
 *
 * Whoever wants the folder listens on a socket of its own in it, then claims it with a lock file that names
 * the socket. The operating system closes the socket with its process, so whether the owner lives is asked by
 * connecting: no process id can be mistaken for another, and processes of several containers see each other.
 *
 * Lock files are numbered, and the highest number owns the folder. A dead owner's number is never taken over
 * or freed; the next owner creates the number after it, complete and at most once (`link`). So two that find
 * the same owner dead cannot both win.
 */
import { randomUUID } from "node:crypto";
import { linkSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createConnection, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { OrreryError } from "../../errors.ts";

const LOCK_FILE = /^orrery\.lock\.(\d+)$/;
/** What the file system of a socket allows for its path, on Linux and macOS. */
const MAX_SOCKET_PATH_BYTES = 100;
/** Lock files of earlier owners that stay, for processes that are just reading the folder. */
const KEPT_LOCK_FILES = 4;

interface Holder {
  /** For messages. */
  readonly pid: number;
  /** Name of its socket in the folder. */
  readonly socket: string;
}

/**
 * Resolves with the function that unlocks it. Throws CONFIG_INVALID while a live process holds the lock, or
 * when the folder cannot hold a socket.
 */
export async function lockFolder(folder: string): Promise<() => void> {
  const holder: Holder = { pid: process.pid, socket: `orrery.${randomUUID()}.sock` };
  const server = await listenIn(folder, holder.socket);
  const release = () => {
    server.close();
    rmSync(join(folder, holder.socket), { force: true });
  };
  try {
    await claim(folder, holder);
    return release;
  } catch (error) {
    release();
    throw error;
  }
}

/** Returns once the highest lock file is this holder's. Throws CONFIG_INVALID. */
async function claim(folder: string, holder: Holder): Promise<void> {
  for (;;) {
    const newest = numbersIn(folder).at(-1) ?? 0;
    const present = newest === 0 ? undefined : readHolder(folder, newest);
    if (present !== undefined && (await isAlive(folder, present))) throw inUse(folder, present);
    const own = newest + 1;
    if (!createLockFile(folder, own, holder)) continue;
    // A listing made while others came and went may have been too old.
    if (numbersIn(folder).at(-1) !== own) {
      rmSync(lockFile(folder, own), { force: true });
      continue;
    }
    tidyUp(folder, own, present);
    return;
  }
}

function lockFile(folder: string, number: number): string {
  return join(folder, `orrery.lock.${number}`);
}

/** Ascending. */
function numbersIn(folder: string): readonly number[] {
  return readdirSync(folder)
    .flatMap((name) => LOCK_FILE.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);
}

/** False: somebody else has that number. */
function createLockFile(folder: string, number: number, holder: Holder): boolean {
  const draft = join(folder, `${holder.socket}.lock`);
  writeFileSync(draft, JSON.stringify(holder));
  try {
    linkSync(draft, lockFile(folder, number));
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    throw cannotLock(folder, error);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** undefined when the file is gone, or was lost in a crash of the machine, which no process survived. */
function readHolder(folder: string, number: number): Holder | undefined {
  try {
    const { pid, socket } = JSON.parse(readFileSync(lockFile(folder, number), "utf8"));
    return typeof socket === "string" ? { pid, socket } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || codeOf(error) === "ENOENT") return undefined;
    throw cannotLock(folder, error);
  }
}

async function isAlive(folder: string, { socket }: Holder): Promise<boolean> {
  return withShortPath(folder, socket, (path) => {
    return new Promise((settle) => {
      const connection = createConnection(path);
      const end = (alive: boolean) => {
        connection.destroy();
        settle(alive);
      };
      connection.once("connect", () => end(true));
      // Anything else, as a full queue of connections, is no proof of its death.
      connection.once("error", (error) => end(!["ECONNREFUSED", "ENOENT"].includes(codeOf(error) ?? "")));
    });
  });
}

async function listenIn(folder: string, socket: string): Promise<Server> {
  const server = createServer((connection) => connection.destroy());
  // Connections to it are answered by the operating system, and it keeps no process alive.
  server.unref();
  try {
    await withShortPath(folder, socket, (path) => {
      return new Promise<void>((settle, reject) => {
        server.once("error", reject);
        server.listen(path, settle);
      });
    });
  } catch (error) {
    throw cannotLock(folder, error);
  }
  server.on("error", () => {});
  return server;
}

/** Paths of sockets are short: a long one goes through a link, which is needed for a moment only. */
async function withShortPath<T>(
  folder: string,
  socket: string,
  use: (path: string) => Promise<T>,
): Promise<T> {
  const path = join(folder, socket);
  if (Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES) return use(path);
  const link = join(tmpdir(), `orrery-${randomUUID().slice(0, 8)}`);
  symlinkSync(resolve(folder), link);
  try {
    return await use(join(link, socket));
  } finally {
    rmSync(link, { force: true });
  }
}

function tidyUp(folder: string, own: number, previous: Holder | undefined): void {
  if (previous !== undefined) rmSync(join(folder, previous.socket), { force: true });
  for (const number of numbersIn(folder)) {
    if (number < own - KEPT_LOCK_FILES) rmSync(lockFile(folder, number), { force: true });
  }
}

function inUse(folder: string, { pid }: Holder): OrreryError {
  return new OrreryError("CONFIG_INVALID", `data folder ${folder} is in use by process ${pid}`);
}

function cannotLock(folder: string, cause: unknown): OrreryError {
  return new OrreryError(
    "CONFIG_INVALID",
    `data folder ${folder} cannot be locked (${(cause as Error).message}): embedded.data must be on a local file system, writable, that can hold sockets`,
    { cause },
  );
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
