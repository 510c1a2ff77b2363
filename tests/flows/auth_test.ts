/** Accounts and sessions, over HTTP, on a node with a real database. */
import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { ask, type Grant, PASSWORD, register, someName } from "../support/client.ts";
import { type RunningNode, startNode } from "../support/node.ts";

let node: RunningNode;
Deno.test.beforeAll(async () => void (node = await startNode()));
Deno.test.afterAll(async () => void await node.stop());

const cookieOf = (headers: Headers) => (headers.get("Set-Cookie") ?? "").split(";")[0] ?? "";
const me = (token: string) => ask(node.url, "/api/v1/users/me", { token });
const refresh = (refreshToken: string) =>
  ask<Grant>(node.url, "/api/v1/auth/refresh", { json: { refreshToken } });

Deno.test("[H1] register and login answer with the representation programs rely on", async () => {
  const username = someName();
  const made = await register(node.url, username);
  equal(made.expiresIn, 900);
  for (const login of [username, username.toUpperCase(), `${username}@example.org`]) {
    const { status, body } = await ask<Grant>(node.url, "/api/v1/auth/login", {
      json: { login, password: PASSWORD },
    });
    equal(status, 200);
    deepEqual(body.user, made.user);
    deepEqual(Object.keys(body).sort(), ["accessToken", "expiresIn", "refreshToken", "user"]);
    for (
      const key of ["id", "username", "displayName", "email", "roles", "avatarUrl", "createdAt"]
    ) {
      ok(key in body.user, key);
    }
    deepEqual(body.user.roles, ["user"]);
  }
});

Deno.test("[S1] a refresh token works once; used twice, its whole family ends", async () => {
  const first = await register(node.url);
  const second = (await refresh(first.refreshToken)).body;
  notEqual(second.refreshToken, first.refreshToken);
  equal((await me(second.accessToken)).status, 200);
  const again = await refresh(first.refreshToken);
  equal(again.status, 401);
  equal((again.body as unknown as { code: string }).code, "session_ended");
  equal((await refresh(second.refreshToken)).status, 401, "the thief's or the owner's, both end");
});

Deno.test("[S11] of twenty refreshes that race with one token, one at most wins", async () => {
  const { refreshToken } = await register(node.url);
  const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(refreshToken)));
  equal(answers.filter(({ status }) => status === 200).length, 1);
  equal(answers.filter(({ status }) => status === 401).length, 19);
});

Deno.test("[S1] the access token can be checked with the published key, and has the named claims", async () => {
  const { accessToken, user } = await register(node.url);
  const { body } = await ask<{ keys: Record<string, string>[] }>(
    node.url,
    "/.well-known/jwks.json",
  );
  equal(body.keys[0]?.alg, "RS256");
  equal("d" in body.keys[0]!, false);
  const payload = accessToken.split(".")[1]!.replaceAll("-", "+").replaceAll("_", "/");
  const claims = JSON.parse(atob(payload));
  equal(claims.sub, user.id);
  equal(claims.iss, node.url);
  equal(claims.exp - claims.iat, 900);
  for (const name of ["email", "roles", "permissions", "jti", "ver", "aud"]) {
    ok(name in claims, name);
  }
});

Deno.test("[S1] a session that is ended ends at once: token and cookie", async () => {
  const { accessToken, user } = await register(node.url);
  const other = await ask(node.url, "/api/v1/auth/login", {
    json: { login: user.username, password: PASSWORD, delivery: "cookie" },
  });
  const cookie = cookieOf(other.headers);
  equal((await ask(node.url, "/api/v1/users/me", { cookie })).status, 200);

  const list = await ask<{ items: { id: string; current: boolean; kind: string }[] }>(
    node.url,
    "/api/v1/auth/sessions",
    { token: accessToken },
  );
  equal(list.body.items.length, 2);
  const browser = list.body.items.find(({ kind }) => kind === "cookie")!;
  equal(browser.current, false);
  const end = (id: string, token: string) =>
    ask(node.url, `/api/v1/auth/sessions/${id}`, { method: "DELETE", token });
  const stranger = await register(node.url);
  equal(
    (await end(browser.id, stranger.accessToken)).status,
    404,
    "another's session is not there",
  );
  equal((await end(browser.id, accessToken)).status, 204);
  equal((await ask(node.url, "/api/v1/users/me", { cookie })).status, 401);

  equal(
    (await ask(node.url, "/api/v1/auth/logout", { method: "POST", token: accessToken })).status,
    204,
  );
  equal((await me(accessToken)).status, 401);
});

Deno.test("[S3] the cookie is HttpOnly and SameSite=Lax; a mutation by it needs our Origin", async () => {
  const { user } = await register(node.url);
  const { headers, body } = await ask(node.url, "/api/v1/auth/login", {
    json: { login: user.username, password: PASSWORD, delivery: "cookie" },
  });
  deepEqual(Object.keys(body), ["user"], "no token in the page");
  match(headers.get("Set-Cookie") ?? "", /; Max-Age=2592000; Path=\/; HttpOnly; SameSite=Lax/);
  const cookie = cookieOf(headers);
  const patch = async (more: Record<string, string>) =>
    (await ask(node.url, "/api/v1/users/me", {
      method: "PATCH",
      cookie,
      json: { bio: "x" },
      headers: more,
    })).status;
  equal(await patch({ Origin: "http://evil.example" }), 403);
  equal(await patch({ "Sec-Fetch-Site": "cross-site" }), 403);
  equal(await patch({ "Sec-Fetch-Site": "same-site" }), 403);
  equal(await patch({ Origin: "null" }), 403);
  equal(await patch({}), 403);
  equal(await patch({ Origin: node.url }), 200);
  equal(await patch({ "Sec-Fetch-Site": "same-origin" }), 200);
});

Deno.test("[S3] another site cannot sign a browser in", async () => {
  const { user } = await register(node.url);
  const { status } = await ask(node.url, "/api/v1/auth/login", {
    json: { login: user.username, password: PASSWORD, delivery: "cookie" },
    headers: { Origin: "http://evil.example" },
  });
  equal(status, 403);
});

Deno.test("[S2] weak passwords, taken names and addresses are refused at their field", async () => {
  const { user } = await register(node.url);
  const attempt = (change: object) =>
    ask<{ code: string; errors: { path: string }[] }>(node.url, "/api/v1/auth/register", {
      json: {
        email: `${someName()}@example.org`,
        username: someName(),
        password: PASSWORD,
        ...change,
      },
    });
  for (
    const [change, status, code, path] of [
      [{ password: "1234567890" }, 422, "weak_password", "password"],
      [{ password: "short" }, 422, "invalid", "password"],
      [{ username: user.username.toUpperCase() }, 409, "username_taken", "username"],
      [{ email: user.email.toUpperCase() }, 409, "email_taken", "email"],
      [{ roles: ["admin"] }, 422, "invalid", "roles"],
    ] as const
  ) {
    const { status: got, body } = await attempt(change);
    deepEqual([got, body.code, body.errors.map((one) => one.path)], [status, code, [path]]);
  }
  const { status, body } = await attempt({ email: user.email, username: user.username });
  deepEqual(
    [status, body.code, body.errors.map(({ path }) => path)],
    [409, "email_taken", ["email", "username"]],
    "both are told at once",
  );
});

Deno.test("[S11] a wrong password and an unknown login cannot be told apart by their answer", async () => {
  const { user } = await register(node.url);
  const attempt = async (login: string) => {
    const { status, body } = await ask(node.url, "/api/v1/auth/login", {
      json: { login, password: "not the password" },
    });
    const { requestId: _id, ...rest } = body;
    return { status, rest };
  };
  deepEqual(await attempt(user.username), await attempt(someName()));
});

Deno.test("[S4] roles come from the account, not from the token's claim", async () => {
  const { accessToken, user } = await register(node.url);
  const { roles } = (await me(accessToken)).body;
  deepEqual(roles, user.roles);
  equal((await ask(node.url, "/api/v1/users/me", { token: `${accessToken}x` })).status, 401);
});
