import type { Options } from "./options.ts";
export async function runOpenLoop(_: Options): Promise<void> {}
