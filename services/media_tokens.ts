/** Tokens in the addresses of private and unlisted tracks' media: short-lived, bound (U14). */
import { base64url } from "jose";

/** Longest life of a token, in milliseconds (U14). */
export const MEDIA_TOKEN_MS = 10 * 60_000;
/** How many times an end moves on in the life of a token. */
const STEPS = 10;

/** Whom a token was given to: a user's id, or `guest`. */
export type MediaViewer = string;

/** What a token turned out to be; `endsAt` in milliseconds since 1970. */
export type Verdict =
  | { readonly kind: "good"; readonly viewer: MediaViewer; readonly endsAt: number }
  /** It was ours, for this track, and its time is over. */
  | { readonly kind: "ended" }
  /** Anything else, whatever is wrong. */
  | { readonly kind: "false" };

/** Signs and checks media tokens. Times in milliseconds since 1970. */
export interface MediaTokens {
  /** How long a new token is good at least, in milliseconds. */
  readonly leastMs: number;
  /** A token for one viewer of one track; letters, digits, `-`, `_` and `.` alone. */
  sign(
    what: { readonly trackId: string; readonly viewer: MediaViewer },
    now: number,
  ): Promise<string>;
  /**
   * Whether the token is ours and for this track, and whom it was given to. What a viewer may see
   * can have changed since: that is the caller's to ask.
   */
  verify(token: string, what: { readonly trackId: string }, now: number): Promise<Verdict>;
}

/** Least bytes of a key: as many as the hash has (RFC 2104, 3). */
const KEY_BYTES = 32;
/** Keeps a signature from being taken for one of another use of the same key. */
const PURPOSE = "veza-media-1";
/**
 * End in seconds in base 36, viewer, signature: HMAC-SHA-256 in base64url, whose last character
 * stands for four bits and comes in one form only.
 */
const FORM = /^([0-9a-z]{6,8})\.([A-Za-z0-9-]{1,64})\.([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$/;
const VIEWER = /^[A-Za-z0-9-]{1,64}$/;

/**
 * Tokens signed with `current`. `previous`, the key before it, is still good for checking, so that
 * a rotation stops no player. Keys have 32 bytes or more. Ends are rounded down to a tenth of a
 * life: for that long the same playlist carries the same addresses, and a player's cache finds
 * again what it has. A token lives 9 to 10 tenths of `lifeMs`.
 */
export async function mediaTokens(
  { current, previous, lifeMs = MEDIA_TOKEN_MS, mostMs = MEDIA_TOKEN_MS }: {
    readonly current: Uint8Array<ArrayBuffer>;
    readonly previous?: Uint8Array<ArrayBuffer> | undefined;
    /** At most `mostMs`, and in whole seconds. */
    readonly lifeMs?: number;
    /** The longest life that this use may have, in ms; for tracks {@linkcode MEDIA_TOKEN_MS}. */
    readonly mostMs?: number;
  },
): Promise<MediaTokens> {
  if (lifeMs > mostMs) throw new RangeError(`${lifeMs} ms is longer than ${mostMs} ms`);
  const stepMs = Math.max(1_000, Math.floor(lifeMs / STEPS / 1_000) * 1_000);
  const signing = await importKey(current);
  const checking = [signing, ...(previous ? [await importKey(previous)] : [])];
  return {
    leastMs: lifeMs - stepMs,

    async sign({ trackId, viewer }, now) {
      if (!VIEWER.test(viewer)) {
        throw new TypeError(`The viewer ${JSON.stringify(viewer)} is neither an id nor "guest"`);
      }
      const end = (Math.floor((now + lifeMs) / stepMs) * stepMs / 1_000).toString(36);
      const signature = await crypto.subtle.sign("HMAC", signing, signed(end, viewer, trackId));
      return `${end}.${viewer}.${base64url.encode(new Uint8Array(signature))}`;
    },

    async verify(token, { trackId }, now) {
      const [, end = "", viewer = "", signature = ""] = FORM.exec(token) ?? [];
      const endsAt = Number.parseInt(end, 36) * 1_000;
      if (!(endsAt > 0)) return { kind: "false" };
      const bytes = new Uint8Array(base64url.decode(signature));
      for (const key of checking) {
        // Compares in constant time.
        const ours = await crypto.subtle.verify("HMAC", key, bytes, signed(end, viewer, trackId));
        if (ours) return endsAt > now ? { kind: "good", viewer, endsAt } : { kind: "ended" };
      }
      return { kind: "false" };
    },
  };
}

/** No part can hold a line break but the last, so no two sets of parts make the same bytes. */
const signed = (end: string, viewer: string, trackId: string) =>
  new TextEncoder().encode([PURPOSE, end, viewer, trackId].join("\n"));

async function importKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  if (bytes.length < KEY_BYTES) {
    throw new TypeError(`A media key has ${bytes.length} bytes; wanted ${KEY_BYTES} or more`);
  }
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  return await crypto.subtle.importKey("raw", bytes, algorithm, false, ["sign", "verify"]);
}
