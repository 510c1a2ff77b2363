import { equal, ok, rejects } from "node:assert/strict";
import { exportSPKI, importJWK, importPKCS8, SignJWT } from "jose";
import { isRejection } from "../domain/errors.ts";
import { newPrivateKey, tokenService } from "./tokens.ts";

const subject = {
  id: "019a0000-0000-7000-8000-000000000001",
  email: "a@example.org",
  roles: ["user"] as const,
  tokenVersion: 3,
};
const SESSION = "019a0000-0000-7000-8000-000000000002";
const issuer = "http://veza.test";
const refused = (e: unknown) => isRejection(e, "unauthenticated");
const part = (value: object) =>
  btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

for (const algorithm of ["RS256", "EdDSA"] as const) {
  Deno.test(`[S1] an ${algorithm} token says who, and lives 15 minutes`, async () => {
    let now = Date.now();
    const pem = await newPrivateKey(algorithm);
    const tokens = await tokenService({ pem, algorithm, issuer, now: () => now });
    const token = await tokens.sign(subject, SESSION);
    const claims = await tokens.verify(token);
    equal(claims.sub, subject.id);
    equal(claims.sid, SESSION);
    equal(claims.ver, 3);
    now += 899_000;
    await tokens.verify(token);
    now += 2_000;
    await rejects(tokens.verify(token), refused);
  });
}

Deno.test("[S11] alg none, HS256 with the public key, a foreign key, issuer or type: none counts", async () => {
  const pem = await newPrivateKey("RS256");
  const tokens = await tokenService({ pem, algorithm: "RS256", issuer });
  const good = await tokens.sign(subject, SESSION);
  const [, payload = ""] = good.split(".");
  const jwk = tokens.jwks.keys[0]!;
  ok(!("d" in jwk) && !("p" in jwk), "the private half is not published");

  const spki = await exportSPKI(
    await importJWK(jwk, "RS256", { extractable: true }) as unknown as CryptoKey,
  );
  const claims = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
  const hs = await new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "at+jwt" })
    .sign(new TextEncoder().encode(spki));
  const ours = await importPKCS8(pem, "RS256");
  const other = await importPKCS8(await newPrivateKey("RS256"), "RS256");
  const signed = (key: CryptoKey, header: object, change: object) =>
    new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: "RS256", ...header }).sign(key);
  const bad = [
    `${part({ alg: "none", typ: "at+jwt" })}.${payload}.`,
    hs,
    await signed(other, { typ: "at+jwt" }, {}),
    await signed(other, { typ: "at+jwt", kid: "../../dev/null" }, {}),
    await signed(ours, { typ: "JWT" }, {}),
    await signed(ours, { typ: "at+jwt" }, { iss: "http://evil.test" }),
    await signed(ours, { typ: "at+jwt" }, { aud: "other" }),
    `${good}x`,
    "x.y.z",
    "",
  ];
  for (const token of bad) await rejects(tokens.verify(token), refused, token.slice(0, 40));
  await tokens.verify(await signed(ours, { typ: "at+jwt" }, {})); // the forger's tool itself works
});
