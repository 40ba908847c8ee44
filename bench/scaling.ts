import type { Options } from "./options.ts";
export async function runScaling(_: Options): Promise<void> {}
