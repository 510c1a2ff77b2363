/** What events tell of the request that caused them (A20). */
import type { Context } from "hono";
import type { EventMetadata } from "../domain/events.ts";
import type { AppEnv } from "./env.ts";

/** Of a client's own words so many characters are kept. */
const MOST_AGENT = 400;

export const causeOf = (c: Context<AppEnv>): EventMetadata => ({
  correlationId: c.get("requestId"),
  causationId: null,
  userAgent: c.req.header("User-Agent")?.slice(0, MOST_AGENT) ?? null,
});
