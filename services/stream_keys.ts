/** Stream keys, by which encoders prove to be a host's: made anew each time, never stored (S8). */
import { base64url } from "jose";

/** Characters of a key: 192 of the 256 bits of its signature (L2). */
const KEY_LENGTH = 32;

export interface StreamKeys {
  /** The key of a stream; of each generation another. `[A-Za-z0-9_-]{32}` */
  of(streamId: string, generation: number): Promise<string>;
  /** Whether `key` is that; in a time that does not tell how much of it is right. */
  fits(key: string, streamId: string, generation: number): Promise<boolean>;
}

/** @param secret 32 bytes that all nodes of the site have, for this use alone */
export async function streamKeys(secret: Uint8Array<ArrayBuffer>): Promise<StreamKeys> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const signing = await crypto.subtle.importKey("raw", secret, algorithm, false, ["sign"]);
  const sign = async (text: string) =>
    new Uint8Array(await crypto.subtle.sign("HMAC", signing, new TextEncoder().encode(text)));
  const of = async (streamId: string, generation: number) =>
    base64url.encode(await sign(`live-key/${streamId}/${generation}`)).slice(0, KEY_LENGTH);
  return {
    of,
    async fits(key, streamId, generation) {
      // what is compared are signatures of both, so that time tells nothing of either
      const [given, wanted] = await Promise.all([sign(key), sign(await of(streamId, generation))]);
      return given.every((byte, at) => byte === wanted[at]);
    },
  };
}
