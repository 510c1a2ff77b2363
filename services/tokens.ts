/** Access tokens: JWTs signed with a key of the site, and the public half at `jwks.json` (S1). */
import {
  calculateJwkThumbprint,
  exportJWK,
  exportPKCS8,
  generateKeyPair,
  importPKCS8,
  type JWK,
  jwtVerify,
  SignJWT,
} from "jose";
import { z } from "zod";
import { ACCESS_TOKEN_SECONDS, permissionsOf, Role } from "../domain/auth.ts";
import { Rejection } from "../domain/errors.ts";
import { newId } from "./ids.ts";

export type JwtAlgorithm = "RS256" | "EdDSA";
/** `aud` of every access token. */
const AUDIENCE = "veza";
/** RFC 9068: keeps an access token from being taken for another kind of token, and the reverse. */
const TYPE = "at+jwt";
/** Verified tokens kept by their text, because an RS256 check costs 0.2 ms. */
const MOST_KEPT = 10_000;

const Claims = z.object({
  sub: z.uuid(),
  email: z.string(),
  roles: z.array(Role),
  jti: z.string(),
  sid: z.uuid(),
  ver: z.number().int(),
  exp: z.number(),
});
/** What a verified token says. Rights follow the account's present roles, not these (S4). */
export type Claims = z.infer<typeof Claims>;

export interface TokenSubject {
  readonly id: string;
  readonly email: string;
  readonly roles: readonly Role[];
  readonly tokenVersion: number;
}

export interface Tokens {
  sign(subject: TokenSubject, sessionId: string): Promise<string>;
  /** @throws {Rejection} `unauthenticated` for a token that is not ours, or has ended */
  verify(token: string): Promise<Claims>;
  /** Public keys as a JWK set (RFC 7517). */
  readonly jwks: { readonly keys: readonly JWK[] };
}

/** A new private key as PKCS #8 PEM. */
export async function newPrivateKey(algorithm: JwtAlgorithm): Promise<string> {
  const { privateKey } = await generateKeyPair(algorithm, {
    extractable: true,
    modulusLength: 2048,
  });
  return await exportPKCS8(privateKey);
}

/**
 * Signs and checks access tokens with one private key.
 *
 * @param options.pem PKCS #8 PEM
 * @param options.issuer the site's PUBLIC_URL, as `iss`
 */
export async function tokenService(
  { pem, algorithm, issuer, now = Date.now }: {
    pem: string;
    algorithm: JwtAlgorithm;
    issuer: string;
    now?: () => number;
  },
): Promise<Tokens> {
  const key = await importPKCS8(pem, algorithm, { extractable: true });
  const { d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...half } = await exportJWK(key);
  const kid = await calculateJwkThumbprint(half);
  const jwk: JWK = { ...half, kid, alg: algorithm, use: "sig" };
  const publicKey = await crypto.subtle.importKey(
    "jwk",
    half,
    algorithm === "RS256" ? { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" } : { name: "Ed25519" },
    false,
    ["verify"],
  );
  const kept = new Map<string, Claims>();

  return {
    jwks: { keys: [jwk] },

    async sign(subject, sessionId) {
      const seconds = Math.floor(now() / 1_000);
      return await new SignJWT({
        email: subject.email,
        roles: subject.roles,
        permissions: permissionsOf(subject.roles),
        ver: subject.tokenVersion,
        sid: sessionId,
      }).setProtectedHeader({ alg: algorithm, typ: TYPE, kid })
        .setSubject(subject.id).setIssuer(issuer).setAudience(AUDIENCE).setJti(newId())
        .setIssuedAt(seconds).setExpirationTime(seconds + ACCESS_TOKEN_SECONDS).sign(key);
    },

    async verify(token) {
      const known = kept.get(token);
      if (known && known.exp * 1_000 > now()) return known;
      try {
        // the algorithm is ours, never the token's: no "none", no HS256 with the public key
        const { payload } = await jwtVerify(token, publicKey, {
          algorithms: [algorithm],
          issuer,
          audience: AUDIENCE,
          typ: TYPE,
          currentDate: new Date(now()),
        });
        const claims = Claims.parse(payload);
        if (kept.size >= MOST_KEPT) kept.delete(kept.keys().next().value!);
        kept.set(token, claims);
        return claims;
      } catch {
        // whatever is wrong with it, the bearer learns only that it does not count
        throw new Rejection("unauthenticated", "The access token is not valid, or has ended");
      }
    },
  };
}
