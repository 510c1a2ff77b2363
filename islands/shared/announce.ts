/** Says something to those who do not see it: a polite live region, one sentence at a time. */
import { signal } from "@preact/signals";

export const said = signal("");

/** Puts `text` where screen readers hear it. */
export function announce(text: string): void {
  said.value = text;
}
