/** Opaque secrets for cookies and refresh tokens: random, shown once, kept as a hash. */
import { base64url } from "jose";

/** 256 random bits as 43 characters of base64url. */
export const newSecret = (): string => base64url.encode(crypto.getRandomValues(new Uint8Array(32)));

/** SHA-256. A fast hash is right here: the input has 256 bits, there is nothing to guess. */
export const hashSecret = async (secret: string): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(secret)));
