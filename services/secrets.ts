/** Opaque secrets for cookies and refresh tokens: random, shown once, kept as a hash. */
import { base64url } from "jose";

/** Random bytes as base64url; by default 256 bits in 43 characters. */
export const newSecret = (bytes = 32): string =>
  base64url.encode(crypto.getRandomValues(new Uint8Array(bytes)));

/** SHA-256. A fast hash is right here: the input has 128 bits or more, there is nothing to guess. */
export const hashSecret = async (secret: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret)));
