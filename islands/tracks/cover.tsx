/** The cover of a track as a picture, at the size of its place. */
import { COVER_SIZES } from "../../domain/covers.ts";
import { withField } from "../shared/addresses.ts";

/** The address of the smallest cover that fills `px` pixels of the page, twice as dense. */
export function coverAt(url: string, px: number): string {
  const wanted = COVER_SIZES.find((size) => size.px >= px * 2) ?? COVER_SIZES.at(-1);
  return withField(url, "size", wanted?.px ?? 320);
}

/** `px` is the side at most, as it stands in the page. Silent: its track is named beside it. */
export function Cover({ url, px, class: name }: { url: string; px: number; class: string }) {
  return (
    <img
      class={name}
      src={coverAt(url, px)}
      width={px}
      height={px}
      alt=""
      loading="lazy"
      decoding="async"
    />
  );
}
