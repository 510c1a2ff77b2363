import { deepEqual, equal, ok } from "node:assert/strict";
import { Hono } from "hono";
import { translate } from "../../db/outages.ts";
import { memoryLimiter } from "../../services/limits.ts";
import { newId } from "../../services/ids.ts";
import type { AppEnv } from "../env.ts";
import { onError } from "./errors.ts";
import { clientAddress, request } from "./request.ts";

const log = { debug() {}, info() {}, warn() {}, error() {} };

Deno.test("[S5] the address is the peer's, unless a trusted proxy tells another", () => {
  const proxies = ["10.0.0.0/8", "192.0.2.1", "::1"];
  equal(clientAddress("203.0.113.9", "1.2.3.4", []), "203.0.113.9");
  equal(clientAddress("203.0.113.9", "1.2.3.4", proxies), "203.0.113.9");
  equal(clientAddress("10.1.2.3", "1.2.3.4", proxies), "1.2.3.4");
  equal(clientAddress("::ffff:10.1.2.3", "1.2.3.4", proxies), "1.2.3.4");
  equal(clientAddress("::1", "2001:db8::7", proxies), "2001:db8::7");
  // what the client itself wrote stands left of what the proxies added, and never counts
  equal(clientAddress("10.1.2.3", "6.6.6.6, 1.2.3.4, 192.0.2.1", proxies), "1.2.3.4");
  equal(clientAddress("10.1.2.3", "not an address", proxies), "10.1.2.3");
  equal(clientAddress("10.1.2.3", undefined, proxies), "10.1.2.3");
});

Deno.test("[H3] a request is given up in time; an upload is not", async () => {
  const app = new Hono<AppEnv>();
  app.onError(onError({ log, page: () => new Response(), translate }));
  app.use(request({ log, limiter: memoryLimiter(null), newId, trustedProxies: [], giveUpMs: 30 }));
  const slow = Promise.withResolvers<void>();
  app.get("/slow", async (c) => (await slow.promise, c.text("late")));
  app.post("/api/v1/tracks", async (c) => {
    await new Promise((resolve) => setTimeout(resolve, 90));
    return c.text("received");
  });
  const given = await app.request("/slow");
  equal(given.status, 504);
  equal((await given.json()).code, "timeout");
  slow.resolve();
  const upload = await app.request("/api/v1/tracks", { method: "POST" });
  equal(await upload.text(), "received");
});

Deno.test("[H3] a defect is answered with its id, and nothing of what it was", async () => {
  const app = new Hono<AppEnv>();
  const lines: string[] = [];
  const listening = {
    ...log,
    error: (_: string, fields?: object) => void lines.push(JSON.stringify(fields)),
  };
  app.onError(onError({ log: listening, page: () => new Response(), translate }));
  app.use(request({ log, limiter: memoryLimiter(null), newId, trustedProxies: [], giveUpMs: 30 }));
  app.get("/api/broken", () => {
    throw new Error("secret of the house");
  });
  const answer = await app.request("/api/broken");
  const text = await answer.text();
  equal(answer.status, 500);
  ok(!text.includes("secret"));
  ok(lines.some((line) => line.includes(JSON.parse(text).requestId)), "the log has the id");
  await new Promise((resolve) => setTimeout(resolve, 10)); // until the timer finds nobody
});

Deno.test("[O10] an answer counts under the pattern of its route, and never under its path", async () => {
  const app = new Hono<AppEnv>();
  const told: unknown[] = [];
  app.onError(onError({ log, page: () => new Response(), translate }));
  const answered = (...words: unknown[]) => void told.push(words.slice(0, 3));
  app.use(
    request({
      log,
      limiter: memoryLimiter(null),
      newId,
      trustedProxies: [],
      answered,
      giveUpMs: 20,
    }),
  );
  const pages = new Hono<AppEnv>();
  pages.use(async (_, next) => await next());
  app.get("/tracks/:id", (c) => c.text(c.req.param("id")));
  app.route("/", pages);
  for (const path of ["/tracks/one", "/tracks/two", "/no/such/path"]) await app.request(path);
  deepEqual(told, [
    ["GET", "/tracks/:id", 200],
    ["GET", "/tracks/:id", 200],
    ["GET", "*", 404],
  ]);
  await new Promise((resolve) => setTimeout(resolve, 50)); // until the timer finds nobody
});
