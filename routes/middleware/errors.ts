/** Turns what is thrown into an answer: problem+json for programs (H3), a page for people. */
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type ErrorCode, ERRORS, Rejection } from "../../domain/errors.ts";
import type { Log } from "../../services/log.ts";
import type { AppEnv } from "../env.ts";

/** Renders an error for a person. */
export type ErrorPage = (
  c: Context<AppEnv>,
  error: { code: ErrorCode; status: number; detail: string },
) => Response | Promise<Response>;

const fromStatus = (status: number): ErrorCode =>
  status === 400
    ? "bad_request"
    : status === 404
    ? "not_found"
    : status === 413
    ? "too_large"
    : status === 415
    ? "unsupported_type"
    : "internal";

/** The refusal that an error amounts to; null for defects and outages, which are loud. */
function refusal(error: unknown): Rejection | null {
  if (error instanceof Rejection) return error;
  if (error instanceof HTTPException && error.status < 500) {
    return new Rejection(fromStatus(error.status), error.message || undefined);
  }
  return null;
}

const wantsPage = (c: Context<AppEnv>) =>
  !c.req.path.startsWith("/api/") && (c.req.header("Accept") ?? "").includes("text/html");

/** The body of RFC 9457 for a refusal. */
export function problem(rejection: Rejection, requestId: string) {
  const { status, title } = ERRORS[rejection.code];
  return {
    type: `urn:veza:problem:${rejection.code}`,
    title,
    status,
    detail: rejection.message,
    code: rejection.code,
    errors: (rejection.errors ?? []).map(({ path, message }) => ({ path, message })),
    requestId,
  };
}

/** `app.onError`. `translate` knows the outages of the database and makes refusals of them. */
export const onError = (
  { log, page, translate }: {
    log: Log;
    page: ErrorPage;
    translate: (error: unknown) => unknown;
  },
) =>
async (thrown: Error, c: Context<AppEnv>): Promise<Response> => {
  const error = translate(thrown);
  const requestId = c.get("requestId");
  let rejection = refusal(error);
  if (!rejection || ERRORS[rejection.code].status >= 500) {
    log.error("request threw", { request_id: requestId, path: c.req.path, error: thrown });
  }
  rejection ??= new Rejection("internal", `Something failed here; tell us the id ${requestId}`);
  const { status } = ERRORS[rejection.code];
  if (rejection.retryAfterMs !== undefined) {
    c.header("Retry-After", String(Math.max(1, Math.ceil(rejection.retryAfterMs / 1_000))));
  }
  c.header("Cache-Control", "no-store"); // whatever the handler meant to have cached
  if (status === 401) c.header("WWW-Authenticate", "Bearer");
  if (wantsPage(c)) {
    return await page(c, { code: rejection.code, status, detail: rejection.message });
  }
  return c.json(problem(rejection, requestId), status as ContentfulStatusCode, {
    "Content-Type": "application/problem+json",
  });
};
