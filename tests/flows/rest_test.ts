/** The habits that all REST routes share, on a node with a real database. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import spectral from "npm:@stoplight/spectral-core@1.24.1";
import rulesets from "npm:@stoplight/spectral-rulesets@1.23.1";
import { PERMISSIONS } from "../../domain/auth.ts";
import { song } from "../support/audio.ts";
import { ask, register, someName, upload } from "../support/client.ts";
import { type RunningNode, startNode } from "../support/node.ts";

let node: RunningNode;
Deno.test.beforeAll(async () => void (node = await startNode()));
Deno.test.afterAll(async () => void await node.stop());

interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  errors: { path: string; message: string }[];
  requestId: string;
}
interface Operation {
  "x-permission"?: keyof typeof PERMISSIONS;
  responses: Record<string, unknown>;
  parameters?: { in: string; name: string }[];
  requestBody?: { content: Record<string, unknown> };
}
interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
}
const document = async () => (await ask<Document>(node.url, "/api/v1/openapi.json")).body;

Deno.test("[H2] the document is OpenAPI 3.1 and Spectral finds no error in it", async () => {
  const { status, body } = await ask<Document>(node.url, "/api/v1/openapi.json");
  equal(status, 200);
  match(body.openapi, /^3\.1/);
  const linter = new spectral.Spectral();
  linter.setRuleset({ extends: [[rulesets.oas, "recommended"]] } as never);
  const found = await linter.run(JSON.stringify(body));
  deepEqual(found.map(({ code, message, path }) => `${path.join(".")}: ${message} (${code})`), []);
});

Deno.test("[H2] each route names its permission, and every group of this release is there", async () => {
  const { paths } = await document();
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      ok(operation["x-permission"]! in PERMISSIONS, `${method} ${path}`);
    }
  }
  for (const path of ["/auth/login", "/users/me", "/tracks", "/tracks/{id}/waveform"]) {
    ok(path in paths, path);
  }
});

Deno.test("[H2] requests made from the document never get a status that it does not name", async () => {
  const { paths } = await document();
  const { accessToken } = await register(node.url);
  const ids = [
    "019a0000-0000-7000-8000-000000000000",
    "x",
    "%00",
    "..%2f..",
    "me'--",
    "é".repeat(50),
  ];
  const bodies = ["{}", '{"x":1}', "[]", "null", "{", '{"limit":1e999}', '"text"'];
  let asked = 0;
  for (const [path, operations] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(operations)) {
      if (path === "/auth/logout") continue; // it would end the session that asks
      for (const id of path.includes("{id}") ? ids : ids.slice(0, 1)) {
        for (const token of [undefined, accessToken, "garbage"]) {
          for (const content of operation.requestBody ? bodies : [undefined]) {
            for (const query of ["", "?limit=0&cursor=x", "?limit=5&points=3"]) {
              const { status } = await ask(node.url, `/api/v1${path.replace("{id}", id)}${query}`, {
                method: method.toUpperCase(),
                ...(token && { token }),
                ...(content !== undefined &&
                  { body: content, headers: { "Content-Type": "application/json" } }),
              });
              asked++;
              const named = String(status) in operation.responses;
              ok(named, `${method} ${path} with ${id} ${content} ${query} answered ${status}`);
            }
          }
        }
      }
    }
  }
  ok(asked > 300, `only ${asked} requests were made`);
});

Deno.test("[H2] the docs page needs no outside host", async () => {
  const { status, body } = await ask<string>(node.url, "/docs");
  equal(status, 200);
  deepEqual(
    [...body.matchAll(/(?:src|href)="([^"]+)"/g)].filter(([, at]) => !at!.startsWith("/docs/")),
    [],
  );
  for (const [, at] of body.matchAll(/(?:src|href)="([^"]+)"/g)) {
    equal((await ask(node.url, at!)).status, 200);
  }
});

Deno.test("[H3] each error is problem+json with all its fields", async () => {
  const { accessToken: token } = await register(node.url);
  const login = "/api/v1/auth/login";
  const json = (body: string, type = "application/json") => ({
    body,
    headers: { "Content-Type": type },
  });
  const cases: [string, Parameters<typeof ask>[2], number, string][] = [
    ["/api/v1/nothing", {}, 404, "not_found"],
    ["/api/v1/tracks/019a0000-0000-7000-8000-000000000000", {}, 404, "not_found"],
    ["/api/v1/users/me", {}, 401, "unauthenticated"],
    [login, json("{"), 400, "bad_request"],
    [login, json("{}", "text/plain"), 415, "unsupported_type"],
    [login, json(`{"login":"${"x".repeat(1_100_000)}"}`), 413, "too_large"],
    [login, { json: { login: "a", password: "b", colour: "red" } }, 422, "invalid"],
    ["/api/v1/users/me", { method: "PATCH", token, json: { id: "x" } }, 422, "invalid"],
    ["/api/v1/tracks?limit=500", {}, 422, "invalid"],
    ["/api/v1/tracks?cursor=abc", {}, 422, "invalid"],
    ["/api/v1/tracks", { token, json: {} }, 415, "unsupported_type"],
  ];
  for (const [path, asked, status, code] of cases) {
    const answer = await ask<Problem>(node.url, path, asked);
    deepEqual([answer.status, answer.body.code, answer.body.status], [status, code, status], path);
    match(answer.headers.get("Content-Type") ?? "", /^application\/problem\+json/);
    for (const key of ["type", "title", "detail", "errors", "requestId"]) {
      ok(key in answer.body, key);
    }
  }
  const unknown = await ask<Problem>(node.url, login, {
    json: { login: "a", password: "b", colour: 1 },
  });
  deepEqual(unknown.body.errors, [{ path: "colour", message: "is not a field here" }]);
});

Deno.test("[H3] what is wrong with a field is said in plain words", async () => {
  const { accessToken: token } = await register(node.url);
  const login = await ask<Problem>(node.url, "/api/v1/auth/login", { json: { password: 7 } });
  deepEqual(login.body.errors, [
    { path: "login", message: "is missing" },
    { path: "password", message: "must be text" },
  ]);
  equal(login.body.detail, "login is missing; password must be text");
  const list = await ask<Problem>(node.url, "/api/v1/tracks?limit=500");
  equal(list.body.detail, "limit must be at most 100");
  const sent = await upload(node.url, token, await song("ogg", 1), {
    fields: { visibility: "secret" },
  });
  equal(
    (sent.body as unknown as Problem).detail,
    "visibility must be public, unlisted or private",
  );
});

Deno.test("[H4] lists: a bad limit is refused, a list ends with a null cursor", async () => {
  const { user } = await register(node.url);
  const { status, body } = await ask(node.url, `/api/v1/users/${user.username}/tracks`);
  equal(status, 200);
  deepEqual(body, { items: [], nextCursor: null });
});

// the rest of a body that is refused stays with the client, so nothing here can close it
Deno.test("[H3] a JSON body is counted while it is read, announced or not", {
  sanitizeOps: false,
  sanitizeResources: false,
}, async () => {
  const chunk = new TextEncoder().encode("x".repeat(64 * 1024));
  let sent = 0;
  const endless = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      sent += chunk.length;
      if (sent > 40_000_000) controller.close();
      else controller.enqueue(chunk);
    },
  });
  const { status } = await ask(node.url, "/api/v1/auth/login", {
    body: endless,
    headers: { "Content-Type": "application/json" },
  }).catch(() => ({ status: 413 })); // the connection may be closed on the sender
  equal(status, 413);
  ok(sent < 20_000_000, `${sent} bytes were taken`);
});

Deno.test("[H3] NUL in text is bad input, not a defect", async () => {
  const login = await ask(node.url, "/api/v1/auth/login", {
    json: { login: "a\u0000b", password: "x" },
  });
  const list = await ask(node.url, "/api/v1/tracks?q=%00");
  deepEqual([login.status, list.status], [422, 422]);
});

Deno.test("[H6] a request id is taken or made, and returned", async () => {
  const given = await ask(node.url, "/api/v1/tracks", {
    headers: { "X-Request-Id": "my-request-42" },
  });
  equal(given.headers.get("X-Request-Id"), "my-request-42");
  const forged = await ask(node.url, "/api/v1/nothing", { headers: { "X-Request-Id": "a b;{}" } });
  match(forged.headers.get("X-Request-Id") ?? "", /^[0-9a-f-]{36}$/);
  equal(forged.body.requestId, forged.headers.get("X-Request-Id"));
});

Deno.test("[S6] security headers are on every answer, errors included", async () => {
  for (const path of ["/", "/api/v1/tracks", "/api/v1/nothing", "/nothing", "/docs", "/healthz"]) {
    const { headers } = await ask(node.url, path, { headers: { Accept: "text/html" } });
    const policy = headers.get("Content-Security-Policy") ?? "";
    match(policy, /script-src 'self' 'nonce-[A-Za-z0-9+/=]{20,}'/, path);
    ok(!policy.includes("unsafe-inline"), path);
    match(policy, /media-src 'self' blob:/);
    equal(headers.get("X-Content-Type-Options"), "nosniff", path);
    equal(headers.get("X-Frame-Options"), "DENY", path);
    equal(headers.get("Referrer-Policy"), "strict-origin-when-cross-origin", path);
    match(headers.get("Permissions-Policy") ?? "", /geolocation=\(\), camera=\(\)/, path);
  }
});

Deno.test("[S6] each page has a nonce of its own", async () => {
  const policy = async () => (await ask(node.url, "/docs")).headers.get("Content-Security-Policy");
  ok(await policy() !== await policy());
});

Deno.test("[H1] a profile is found by id and by username, without what is private", async () => {
  const { user } = await register(node.url, someName("Prof"));
  for (const key of [user.id, user.username, user.username.toLowerCase()]) {
    const { status, body } = await ask(node.url, `/api/v1/users/${key}`);
    equal(status, 200);
    equal(body.id, user.id);
    for (const secret of ["email", "passwordHash", "roles", "tokenVersion"]) {
      equal(secret in body, false);
    }
  }
  equal((await ask(node.url, `/api/v1/users/${someName()}`)).status, 404);
});

Deno.test("[S5] the sixth, seventh and eighth sign-in: 429 with Retry-After past limit and burst", async () => {
  await using limited = await startNode({ env: { RATE_LIMITS: "" } });
  const login = () =>
    ask<Problem>(limited.url, "/api/v1/auth/login", {
      json: { login: "nobody", password: "wrong password" },
    });
  const statuses: number[] = [];
  for (let i = 0; i < 8; i++) statuses.push((await login()).status);
  deepEqual(statuses, [401, 401, 401, 401, 401, 401, 401, 429]);
  const refused = await login();
  equal(refused.body.code, "rate_limited");
  ok(Number(refused.headers.get("Retry-After")) > 0);
  match(refused.headers.get("RateLimit") ?? "", /"login";r=0;t=\d+/);
  equal((await ask(limited.url, "/healthz")).status, 200, "health is exempt");
  // the page's form counts in the same place
  const form = await ask(limited.url, "/login", {
    body: new URLSearchParams({ login: "somebody", password: "wrong password" }),
    headers: { Origin: limited.url },
  });
  equal(form.status, 429);
  // a made-up address does not help, for no proxy is trusted here
  const forged = await ask(limited.url, "/api/v1/auth/login", {
    json: { login: "another", password: "wrong password" },
    headers: { "X-Forwarded-For": "198.51.100.7" },
  });
  equal(forged.status, 429);
});
