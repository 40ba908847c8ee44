export function findCompose(): readonly [program: string, ...args: readonly string[]] | undefined;
