/** `/metrics` is for this machine, or for who has the token; a proxied request is neither (O10). */
import { equal } from "node:assert/strict";
import { Hono } from "hono";
import { ERRORS, Rejection } from "../domain/errors.ts";
import { metricsRoute } from "./metrics.ts";

const TOKEN = "a-token-of-sixteen-and-more";

async function ask(
  { peer = "127.0.0.1", token, headers = {} }: {
    peer?: string;
    token?: string;
    headers?: Record<string, string>;
  },
): Promise<number> {
  const metrics = { text: () => Promise.resolve("up 1\n"), contentType: "text/plain" };
  const app = new Hono();
  app.onError((error) => {
    if (!(error instanceof Rejection)) throw error;
    return new Response(error.message, { status: ERRORS[error.code].status });
  });
  app.route("/", metricsRoute({ metrics, token }));
  const info = { remoteAddr: { transport: "tcp", hostname: peer, port: 1 } };
  const { status } = await app.request("/metrics", { headers }, info);
  return status;
}

Deno.test("[O10] without a token only this machine is told", async () => {
  equal(await ask({}), 200);
  equal(await ask({ peer: "::1" }), 200);
  equal(await ask({ peer: "::ffff:127.0.0.1" }), 200);
  for (const peer of ["192.0.2.1", "10.0.0.1", "::ffff:192.0.2.1", "2001:db8::1"]) {
    equal(await ask({ peer }), 403, peer);
  }
});

Deno.test("[O10] what came by a proxy is not this machine, whatever it says", async () => {
  const lines = { "X-Forwarded-For": "127.0.0.1", Forwarded: "for=127.0.0.1", Via: "1.1 proxy" };
  for (const [name, value] of Object.entries({ ...lines, "X-Real-IP": "127.0.0.1" })) {
    equal(await ask({ headers: { [name]: value } }), 403, name);
  }
});

Deno.test("[O10] where a token is set it is needed, and good from everywhere", async () => {
  equal(await ask({ token: TOKEN }), 401);
  for (const given of [`Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}x`, "Bearer ", TOKEN]) {
    equal(await ask({ token: TOKEN, headers: { Authorization: given } }), 401, given);
  }
  const headers = { Authorization: `Bearer ${TOKEN}`, "X-Forwarded-For": "192.0.2.1" };
  equal(await ask({ token: TOKEN, peer: "192.0.2.1", headers }), 200);
});
