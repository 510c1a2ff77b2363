/** Tokens in the addresses of private streams: radio players cannot sign in (L4). */
import type { KeyPair } from "./keys.ts";
import { mediaTokens, type MediaViewer, type Verdict } from "./media_tokens.ts";

/**
 * Longest life of a token, in milliseconds. Longer than that of tracks (U14): a player asks for the
 * list again and again with the address that it was given, and nothing in it can fetch another. So
 * each request asks anew what its bearer may hear, and a new stream key ends all of them.
 */
export const LIVE_TOKEN_MS = 12 * 3_600_000;

/** What a token is bound to. */
export interface TokenStream {
  readonly id: string;
  /** Of its stream key. */
  readonly keyGeneration: number;
}

/** Signs and checks them. Times in milliseconds since 1970. */
export interface LiveTokens {
  /** How long a new token is good at least, in milliseconds. */
  readonly leastMs: number;
  sign(stream: TokenStream, viewer: MediaViewer, now: number): Promise<string>;
  /** Whether it is ours and for this stream; what its bearer may hear now is the caller's to ask. */
  verify(token: string, stream: TokenStream, now: number): Promise<Verdict>;
}

/** @param keys of this use alone */
export async function liveTokens(keys: KeyPair, lifeMs = LIVE_TOKEN_MS): Promise<LiveTokens> {
  const tokens = await mediaTokens({ ...keys, lifeMs, mostMs: LIVE_TOKEN_MS });
  const bound = ({ id, keyGeneration }: TokenStream) => ({
    trackId: `live ${id} ${keyGeneration}`,
  });
  return {
    leastMs: tokens.leastMs,
    sign: (stream, viewer, now) => tokens.sign({ ...bound(stream), viewer }, now),
    verify: (token, stream, now) => tokens.verify(token, bound(stream), now),
  };
}
