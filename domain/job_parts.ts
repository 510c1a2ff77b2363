/** A part of a job that others may do: its states, and who is to do it now (U10). */

interface Part {
  readonly id: string;
  /** How often it was begun. */
  readonly taken: number;
  /** Who took it, for people to read. */
  readonly worker: string | null;
}

/** A part, as whoever offered it finds it. */
export type PartState<Made> =
  & Part
  & (
    /** Nobody has it; or somebody could not do it, or has fallen silent over it. */
    | { readonly status: "waiting" | "silent" }
    | { readonly status: "failed"; readonly outcome: { readonly reason: string } }
    /** `reachedMs`: of sound that can be heard; null before its first segment. */
    | { readonly status: "running"; readonly reachedMs: number | null }
    | { readonly status: "done"; readonly outcome: Made }
    /** Who offered it does it. */
    | { readonly status: "kept" }
  );

/**
 * Whether nobody does it: who offered it has to. What is `kept` counts until its offerer has begun
 * it: the answer to the keeping may have been lost.
 */
export const isIdle = ({ status }: PartState<unknown>): boolean =>
  status === "waiting" || status === "failed" || status === "silent" || status === "kept";

/**
 * The folder of what is made of a part that was begun `taken` times. Each beginning has its own: who
 * was thought dead and is not must never write among another's files, which are cached for ever.
 * So has what its offerer makes without knowing whether others were offered it: 0.
 */
export const partFolder = (name: string, taken: number): string =>
  taken === 1 ? name : `${name}-${taken}`;
