/** A password that its owner changes, by REST and by the page; and how often one may guess (S2, S5). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { inDatabase } from "../support/accounts.ts";
import { ask, type Grant, PASSWORD, register } from "../support/client.ts";
import { type RunningNode, startNode } from "../support/node.ts";

const NEW = "four new white cats";
/** The limit of sign-ins in force here, with its burst. */
const TRIES = 14;

let node: RunningNode;
Deno.test.beforeAll(async () => {
  node = await startNode({ env: { RATE_LIMITS: "register=100/1h,login=10/15m/4" } });
});
Deno.test.afterAll(async () => void await node.stop());

const me = async (by: { token: string } | { cookie: string }) =>
  (await ask(node.url, "/api/v1/users/me", by)).status;
const login = (username: string, password: string, more = {}) =>
  ask<Grant>(node.url, "/api/v1/auth/login", { json: { login: username, password, ...more } });
const refresh = async (refreshToken: string) =>
  (await ask(node.url, "/api/v1/auth/refresh", { json: { refreshToken } })).status;
const change = (token: string, currentPassword: string, newPassword: string) =>
  ask<{ code: string; errors?: { path: string }[] }>(node.url, "/api/v1/auth/password/change", {
    token,
    json: { currentPassword, newPassword },
  });

Deno.test("[S2] another password ends all other sessions at once, and not one's own", async () => {
  const own = await register(node.url);
  const { username } = own.user;
  const program = (await login(username, PASSWORD)).body;
  const browser = await login(username, PASSWORD, { delivery: "cookie" });
  const cookie = browser.headers.get("Set-Cookie")!.split(";")[0]!;
  const other = await register(node.url);
  deepEqual([await me({ token: program.accessToken }), await me({ cookie })], [200, 200]);

  equal((await change(own.accessToken, PASSWORD, NEW)).status, 204);
  deepEqual([await me({ token: program.accessToken }), await me({ cookie })], [401, 401]);
  equal(await refresh(program.refreshToken), 401);
  equal(await me({ token: own.accessToken }), 200);
  equal(await refresh(own.refreshToken), 200);
  equal(await me({ token: other.accessToken }), 200, "another's");
  equal((await login(username, PASSWORD)).status, 401);
  equal((await login(username, NEW)).status, 200);
  await inDatabase(node, async (sql) => {
    const told = await sql`select aggregate_id from events
      where event_type = 'auth.password.changed.v1'`;
    deepEqual(told.map(({ aggregate_id: id }) => id), [own.user.id]);
  });
});

Deno.test("[S2] who does not know the present password, or wants a weak one, changes nothing", async () => {
  const { accessToken: token, user } = await register(node.url);
  const refusals = [
    [await change(token, "not my password", NEW), 403, "wrong_password", "currentPassword"],
    [await change(token, PASSWORD, "short"), 422, "invalid", "newPassword"],
    [await change(token, PASSWORD, "password1234"), 422, "weak_password", "newPassword"],
    [await change(token, PASSWORD, `${user.username}@example.org`), 422, "weak_password"],
  ] as const;
  for (const [{ status, body }, wanted, code, path] of refusals) {
    deepEqual([status, body.code], [wanted, code]);
    if (path) equal(body.errors?.[0]?.path, path);
  }
  equal((await ask(node.url, "/api/v1/auth/password/change", { json: {} })).status, 401);
  equal((await login(user.username, PASSWORD)).status, 200);
});

Deno.test("[S5] who has found a session guesses the password as rarely as at a sign-in", async () => {
  const { accessToken: token } = await register(node.url);
  const { accessToken: another } = await register(node.url);
  for (let tries = 0; tries < TRIES; tries++) {
    equal((await change(token, `guess number ${tries}`, NEW)).status, 403);
  }
  const late = await change(token, PASSWORD, NEW);
  deepEqual([late.status, late.body.code], [429, "rate_limited"]);
  ok(Number(late.headers.get("Retry-After")) > 0);
  equal((await change(another, PASSWORD, NEW)).status, 204, "others are not counted with them");
});

Deno.test("[W8] [S2] the page changes it without script, and says what is wrong at its field", async () => {
  const { user } = await register(node.url);
  const headers = { Origin: node.url, Accept: "text/html" };
  const signedIn = await ask(node.url, "/login", {
    body: new URLSearchParams({ login: user.username, password: PASSWORD }),
    headers,
  });
  const cookie = signedIn.headers.get("Set-Cookie")!.split(";")[0]!;
  const send = (currentPassword: string, newPassword: string, language = "en") =>
    ask<string>(node.url, "/settings/security/password", {
      body: new URLSearchParams({ currentPassword, newPassword }),
      headers: { ...headers, "Accept-Language": language },
      cookie,
    });
  const errorAt = (html: string, name: string) =>
    new RegExp(`id="field-${name}-error">([^<]*)<`).exec(html)?.[1];
  const wrong = await send("not my password", NEW, "fr");
  equal(wrong.status, 403);
  equal(errorAt(wrong.body, "currentPassword"), "Ce n’est pas votre mot de passe actuel.");
  ok(!wrong.body.includes(NEW) && !wrong.body.includes("not my"), "nothing of it comes back");
  const weak = await send(PASSWORD, "password1234");
  equal(weak.status, 422);
  equal(errorAt(weak.body, "newPassword"), "This password is too easy to guess.");
  const short = await send(PASSWORD, "short");
  equal(errorAt(short.body, "newPassword"), "This needs at least 10 characters.");
  const done = await send(PASSWORD, NEW);
  deepEqual([done.status, done.headers.get("Location")], [303, "/settings/security?changed"]);
  const { body } = await ask<string>(node.url, "/settings/security?changed", { cookie, headers });
  match(body, /role="status">The password is changed/);
  equal((await login(user.username, NEW)).status, 200);
});
