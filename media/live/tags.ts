/** What a stream says of its music: the comments of Opus and Vorbis (RFC 7845, 5.2). */

/** Longest title, in characters: what goes into the metadata of a radio player. */
export const TITLE_MOST = 300;

/** `Artist - Title` out of a packet of comments that begin after `skip` bytes; undefined for none. */
export function titleOf(packet: Uint8Array, skip: number): string | undefined {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const found = new Map<string, string>();
  let at = skip;
  const next = () => {
    if (at + 4 > packet.length) return undefined;
    const size = view.getUint32(at, true);
    at += 4;
    return at + size > packet.length ? undefined : packet.subarray(at, at += size);
  };
  if (!next() || at + 4 > packet.length) return undefined; // the maker's name
  const count = view.getUint32(at, true);
  at += 4;
  for (let one = 0; one < count; one++) {
    const bytes = next();
    if (!bytes) break;
    const [, name = "", value = ""] = /^([^=]*)=(.*)$/s.exec(decode(bytes)) ?? [];
    if (value !== "") found.set(name.toUpperCase(), value);
  }
  const parts = [found.get("ARTIST"), found.get("TITLE")].filter((one) => one !== undefined);
  return parts.length > 0 ? cleanTitle(parts.join(" - ")) : undefined;
}

/** A title in one line, without what no screen shows. */
export const cleanTitle = (text: string): string =>
  [...text.replace(/[\p{Cc}\p{Cs}]+/gu, " ").trim()].slice(0, TITLE_MOST).join("");

/** Text as encoders send it: UTF-8, or ISO 8859-1 where that is not possible, as Icecast has it. */
export function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("latin1").decode(bytes);
  }
}
