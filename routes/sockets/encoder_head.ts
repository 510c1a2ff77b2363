/** Pure: the head of what an encoder asks, in any of the dialects of HTTP that they speak (L2). */
import { isId } from "../../domain/ids.ts";

/** The largest head, in bytes. Source: L2. */
export const HEAD_MOST = 8 * 1024;

export interface EncoderHead {
  readonly method: string;
  /** As it came: path and query. */
  readonly target: string;
  readonly protocol: "HTTP/1.0" | "HTTP/1.1" | "ICE/1.0";
  /** Names in lower case; of one that comes twice the last. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Where the head in `bytes` ends, its empty line included; undefined while it has not. */
export function headEnd(bytes: Uint8Array): number | undefined {
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) {
    // some write their lines without the carriage return
    if (bytes[at + 1] === 10) return at + 2;
    if (bytes[at + 1] === 13 && bytes[at + 2] === 10) return at + 3;
  }
  return undefined;
}

const REQUEST = /^([A-Z]{3,10}) (\S+) (HTTP\/1\.[01]|ICE\/1\.0)$/;

/** Undefined for what is no head. */
export function readHead(bytes: Uint8Array): EncoderHead | undefined {
  const lines = new TextDecoder("latin1").decode(bytes).split(/\r?\n/);
  const found = REQUEST.exec(lines.shift() ?? "");
  if (!found) return undefined;
  const headers = new Map<string, string>();
  for (const line of lines.filter(Boolean)) {
    const colon = line.indexOf(":");
    if (colon < 1) return undefined;
    headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const [, method = "", target = "", protocol = ""] = found;
  return { method, target, protocol: protocol as EncoderHead["protocol"], headers };
}

/** Whom encoders name themselves; some send nothing. */
const USERS = new Set(["source", ""]);

/** The stream key in Basic credentials; undefined for none. */
export function keyIn(authorization: string | undefined): string | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]{1,400})$/i.exec(authorization ?? "")?.[1];
  if (encoded === undefined) return undefined;
  let text: string;
  try {
    text = atob(encoded);
  } catch {
    return undefined; // no base64, though all its letters are
  }
  const colon = text.indexOf(":");
  return colon >= 0 && USERS.has(text.slice(0, colon)) ? text.slice(colon + 1) : undefined;
}

/** The stream that a mount names, with dashes in its id or without; undefined for none. */
export function streamOf(mount: string): string | undefined {
  const name = /^\/live\/([0-9a-f-]{32,36})$/i.exec(mount)?.[1]?.toLowerCase() ?? "";
  const id = /^[0-9a-f]{32}$/.test(name)
    ? name.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")
    : name;
  return isId(id) ? id : undefined;
}

/** What a Content-Type is read as; without one it is MP3, as Icecast has it. */
export function formOf(contentType: string | undefined): "ogg" | "mp3" | "aac" | undefined {
  const type = (contentType ?? "audio/mpeg").split(";")[0]!.trim().toLowerCase();
  switch (type) {
    case "audio/ogg":
    case "application/ogg":
    case "audio/opus":
    case "audio/x-ogg":
      return "ogg";
    case "audio/mpeg":
    case "audio/mp3":
    case "audio/x-mpeg":
      return "mp3";
    case "audio/aac":
    case "audio/aacp":
    case "audio/x-aac":
      return "aac";
    default:
      return undefined;
  }
}
