/** Covers: the sizes there are, and how large a picture may be. */

/** Most bytes of a picture that are taken. */
export const COVER_MAX_BYTES = 10 * 1024 ** 2;

/** The sizes made, smallest first. `px` is the side at most: nothing is enlarged. */
export const COVER_SIZES = [
  { name: "small", px: 96 },
  { name: "medium", px: 320 },
  { name: "large", px: 1_024 },
] as const;
export type CoverSize = (typeof COVER_SIZES)[number]["name"];

/** What a form offers to choose from; the content decides what is taken. */
export const COVER_TYPES = ["image/jpeg", "image/png", "image/webp", "image/gif"] as const;
