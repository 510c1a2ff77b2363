/** The first middleware: id, client address, time limit and log line of every request. */
import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { matchedRoutes } from "hono/route";
import ipaddr from "ipaddr.js";
import { Rejection } from "../../domain/errors.ts";
import { deadlines } from "./deadlines.ts";
import type { Log } from "../../services/log.ts";
import type { Limiter } from "../../services/limits.ts";
import type { AppEnv } from "../env.ts";

/** A request is given up after this time (H3), in ms; uploads and streams are excepted. */
const GIVE_UP_MS = 30_000;
/** What we take of a client's own id: it ends up in logs and headers. */
const REQUEST_ID = /^[A-Za-z0-9._-]{8,100}$/;

/** Whether `address` is one of `trusted` (addresses or CIDR blocks). */
function isTrusted(address: string, trusted: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  return trusted.some((entry) => {
    const [network, bits] = ipaddr.isValidCIDR(entry)
      ? ipaddr.parseCIDR(entry)
      : [ipaddr.process(entry), undefined];
    if (network.kind() !== parsed.kind()) return false;
    return parsed.match(network, bits ?? (parsed.kind() === "ipv4" ? 32 : 128));
  });
}

/**
 * The client's address: the peer, unless that is a trusted proxy; then the last hop in
 * `X-Forwarded-For` that is not one. What a client writes there itself never counts.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  trusted: readonly string[],
): string {
  if (forwardedFor === undefined) return peer;
  let address = peer;
  const hops = forwardedFor.split(",").map((hop) => hop.trim()).filter(Boolean);
  while (isTrusted(address, trusted) && hops.length > 0) {
    const hop = hops.pop()!;
    if (!ipaddr.isValid(hop)) break;
    address = ipaddr.process(hop).toString();
  }
  return address;
}

const isLong = (path: string, method: string) =>
  (method === "POST" && /^\/(api\/v1\/(tracks|uploads)|upload)$/.test(path)) ||
  ((method === "PATCH" || method === "POST") && /^\/api\/v1\/uploads\/[^/]+$/.test(path)) ||
  ((method === "PUT" || method === "POST") && /\/tracks\/[^/]+\/(cover|versions)$/.test(path)) ||
  /\/(events|stream|download)(\/|$)/.test(path);

/** The pattern of the route that answers: the first that is no middleware; `*` where there is none. */
const patternOf = (c: Context<AppEnv>): string =>
  matchedRoutes(c).find(({ method }) => method !== "ALL")?.path ?? "*";

export const request = (
  { log, limiter, newId, trustedProxies, answered, giveUpMs = GIVE_UP_MS }: {
    log: Log;
    limiter: Limiter;
    newId: () => string;
    trustedProxies: readonly string[];
    /** Counts an answer; `endpoint` is the pattern of its route. */
    answered?: (method: string, endpoint: string, status: number, ms: number) => void;
    giveUpMs?: number;
  },
) => {
  const inTime = deadlines({
    ms: giveUpMs,
    late: () => new Rejection("timeout", `The request took longer than ${giveUpMs / 1_000} s`),
  });
  return createMiddleware<AppEnv>(async (c, next) => {
    const started = performance.now();
    const given = c.req.header("X-Request-Id");
    const requestId = given && REQUEST_ID.test(given) ? given : newId();
    const remote = c.env?.remoteAddr;
    const peer = remote && "hostname" in remote ? remote.hostname : "127.0.0.1";
    c.set("requestId", requestId);
    c.set("address", clientAddress(peer, c.req.header("X-Forwarded-For"), trustedProxies));
    c.set("limiter", limiter);

    if (isLong(c.req.path, c.req.method)) await next();
    else await inTime(next());

    c.res.headers.set("X-Request-Id", requestId); // c.header would make the answer anew
    const route = patternOf(c);
    const took = performance.now() - started;
    answered?.(c.req.method, route, c.res.status, took);
    const viewer = c.get("viewer");
    const fields = {
      request_id: requestId,
      method: c.req.method,
      route,
      path: c.req.path,
      status: c.res.status,
      duration_ms: Math.round(took * 10) / 10,
      ip: c.get("address"),
      ...(viewer?.kind === "user" && { user_id: viewer.userId }),
    };
    if (c.res.status >= 500) log.error("request failed", fields);
    else log.debug("request", fields);
  });
};
