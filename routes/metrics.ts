/** `/metrics`: what the node counts, for Prometheus; to this machine, or to who has the token (O10). */
import { timingSafeEqual } from "node:crypto";
import type { Context } from "hono";
import { Hono } from "hono";
import ipaddr from "ipaddr.js";
import { Rejection } from "../domain/errors.ts";
import type { Metrics } from "../services/metrics.ts";
import type { AppEnv } from "./env.ts";

/** What proxies write. Whoever it is that one asks for, it is not this machine itself. */
const OF_PROXIES = ["Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via"];

/** The peer itself, as its socket has it, and not on behalf of another. */
function isThisMachine(c: Context<AppEnv>): boolean {
  if (OF_PROXIES.some((name) => c.req.header(name) !== undefined)) return false;
  const remote = c.env?.remoteAddr;
  const peer = remote && "hostname" in remote ? remote.hostname : "";
  return ipaddr.isValid(peer) && ipaddr.process(peer).range() === "loopback";
}

const encoder = new TextEncoder();

/** Takes as long whatever is wrong with it. */
function isToken(given: string, token: string): boolean {
  const [one, other] = [encoder.encode(given), encoder.encode(token)];
  return one.length === other.length && timingSafeEqual(one, other);
}

/**
 * Where a token is set it is needed, from this machine too: behind a proxy that says nothing of
 * itself every stranger would look like it.
 *
 * @param token METRICS_TOKEN
 */
export function metricsRoute(
  { metrics, token }: {
    metrics: Pick<Metrics, "text" | "contentType">;
    token: string | undefined;
  },
) {
  const app = new Hono<AppEnv>();
  app.get("/metrics", async (c) => {
    if (token !== undefined) {
      const [, given = ""] = /^Bearer +(\S+)$/i.exec(c.req.header("Authorization") ?? "") ?? [];
      if (!isToken(given, token)) {
        throw new Rejection("unauthenticated", "Send METRICS_TOKEN as a bearer token");
      }
    } else if (!isThisMachine(c)) {
      throw new Rejection("forbidden", "Ask from the node's own machine, or set METRICS_TOKEN");
    }
    const text = await metrics.text();
    return c.body(text, 200, {
      "Content-Type": metrics.contentType,
      "Cache-Control": "no-store",
    });
  });
  return app;
}
