/** A value made of plain objects, arrays and bytes that is read only, all the way down. */
export type DeepReadonly<T> = T extends Uint8Array
  ? T
  : T extends (infer Item)[]
    ? readonly DeepReadonly<Item>[]
    : T extends object
      ? { readonly [Name in keyof T]: DeepReadonly<T[Name]> }
      : T;
