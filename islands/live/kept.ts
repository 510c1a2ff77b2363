/** What a tab that is on air remembers, so that it goes on after it was loaded again. */
import type { Encoding } from "./messages.ts";
import type { InputChoice } from "./input.ts";

const ON_AIR = "veza.onAir";
const CHOICES = "veza.studio";

export interface OnAirKept {
  readonly streamId: string;
  /** The live epoch of its last connection. */
  readonly epoch: number;
  readonly encoding: Encoding;
}

/** What was chosen in the studio, for the next time. */
export type Choices = InputChoice & Encoding;

const read = <T>(storage: Storage, key: string): T | null => {
  const text = storage.getItem(key);
  return text === null ? null : JSON.parse(text);
};

export const keep = (kept: OnAirKept): void => sessionStorage.setItem(ON_AIR, JSON.stringify(kept));
export const kept = (): OnAirKept | null => read(sessionStorage, ON_AIR);
export const forget = (): void => sessionStorage.removeItem(ON_AIR);

export const keepChoices = (choices: Choices): void =>
  localStorage.setItem(CHOICES, JSON.stringify(choices));
export const keptChoices = (): Choices | null => read(localStorage, CHOICES);
