/** The type of a dictionary: what every language must say. */
import type { en } from "./en.ts";

export type Widen<T> = T extends string ? string
  : T extends (...args: infer A) => string ? (...args: A) => string
  : { readonly [K in keyof T]: Widen<T[K]> };

/** English is the pattern; a missing key does not compile. */
export type Dictionary = Widen<typeof en>;
