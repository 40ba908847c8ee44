import type { Options } from "../options.ts";
export async function runScenarios(_: Options): Promise<void> {}
