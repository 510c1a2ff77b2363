/** Pure: what `GET /admin/metadata` asks for: the title of what a stream plays (L2). */
import { streamOf } from "./encoder_head.ts";

export interface TitleUpdate {
  readonly streamId: string;
  /** Not yet cleaned. */
  readonly title: string;
}

/**
 * Reads the target of a request. Undefined for what is no update of a mount of ours. Its text is
 * UTF-8 unless it says, or shows, that it is ISO 8859-1.
 */
export function readTitleUpdate(
  target: string,
  decode: (bytes: Uint8Array) => string,
): TitleUpdate | undefined {
  const [path, query = ""] = target.split("?", 2);
  if (path !== "/admin/metadata" && path !== "/admin/metadata.xsl") return undefined;
  const fields = new Map<string, Uint8Array>();
  for (const part of query.split("&")) {
    const [name = "", value = ""] = part.split(/=(.*)/s, 2);
    fields.set(name, percentDecoded(value));
  }
  const latin = /^(iso-?8859-?1|latin-?1)$/i.test(text(fields.get("charset")));
  const read = (name: string) => {
    const bytes = fields.get(name);
    return bytes && bytes.length > 0
      ? latin ? new TextDecoder("latin1").decode(bytes) : decode(bytes)
      : undefined;
  };
  const streamId = streamOf(text(fields.get("mount")));
  if (text(fields.get("mode")) !== "updinfo" || streamId === undefined) return undefined;
  const parts = [read("artist"), read("title")].filter((one) => one !== undefined);
  return { streamId, title: read("song") ?? parts.join(" - ") };
}

const text = (bytes: Uint8Array | undefined) => new TextDecoder("latin1").decode(bytes);

/** The bytes behind `%41+b`; what is no code stands as it is. */
function percentDecoded(value: string): Uint8Array {
  const plain = value.replaceAll("+", " ").replace(
    /%([0-9a-f]{2})/gi,
    (_, hex: string) => String.fromCharCode(parseInt(hex, 16)),
  );
  return Uint8Array.from(plain, (one) => one.charCodeAt(0));
}
