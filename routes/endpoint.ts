/** How a route is declared: once, with its schemas, permission and limit (H2). */
import { createRoute, OpenAPIHono, type RouteConfig } from "@hono/zod-openapi";
import type { Context, Handler, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { createMiddleware } from "hono/factory";
import { z } from "zod";
import { demand, type Permission, PERMISSIONS } from "../domain/auth.ts";
import { type ErrorCode, ERRORS, type FieldError, Rejection } from "../domain/errors.ts";
import { faultOf, sayFault } from "../domain/field_faults.ts";
import type { LimitName } from "../domain/limits.ts";
import type { AppEnv } from "./env.ts";

/** A JSON body may have this many bytes; files go by multipart or tus. */
const MOST_JSON = 1024 * 1024;

export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: z.enum(Object.keys(ERRORS) as [ErrorCode, ...ErrorCode[]]),
  errors: z.array(z.object({ path: z.string(), message: z.string() })),
  requestId: z.string(),
}).meta({ id: "Problem" });

/** A JSON answer or body of this schema. */
export const json = <S extends z.ZodType>(schema: S, description: string) => ({
  content: { "application/json": { schema } },
  description,
});

/** A required JSON body of this schema. */
export const body = <S extends z.ZodType>(schema: S) => ({
  content: { "application/json": { schema } },
  required: true,
});

const problemOf = (status: number) => ({
  content: { "application/problem+json": { schema: Problem } },
  description: [
    ...new Set(
      Object.values(ERRORS).filter((row) => row.status === status).map((row) => row.title),
    ),
  ]
    .join("; "),
});

/** What any route may answer: limits, outages and defects. */
const ALWAYS = [429, 500, 503, 504];

/** What a route adds to OpenAPI's own description of it. */
interface Rules {
  /** Who may call; nothing is allowed by default (S4). */
  readonly permission: Permission;
  /** The limit that the handler counts beside the general ones, for the document. */
  readonly limit?: LimitName;
  /** The refusals that this route has beside those that every route has. */
  readonly problems?: readonly number[];
}

const isSafe = (method: string) => method === "get" || method === "head";

/** Counts a JSON body while it is read, announced or not (413). */
const jsonBound = bodyLimit({
  maxSize: MOST_JSON,
  onError: () => {
    throw new Rejection("too_large", `A JSON body has at most ${MOST_JSON} bytes`);
  },
});

/** Refuses a body that is not JSON before it is read (415). */
const jsonOnly = createMiddleware<AppEnv>(async (c, next) => {
  const given = c.req.header("Content-Type") ?? "";
  const [type = ""] = given.split(";");
  if (type.trim().toLowerCase() !== "application/json") {
    throw new Rejection("unsupported_type", "The body must be application/json");
  }
  if (given !== "application/json") {
    // Hono's validator knows fewer spellings of the same type than RFC 9110 allows
    const headers = new Headers(c.req.raw.headers);
    headers.set("Content-Type", "application/json");
    c.req.raw = new Request(c.req.raw, { headers });
  }
  await next();
});

/**
 * Declares a route for `app.openapi()`. Adds to what is given: the check of the permission, the
 * limit, and the problems that every such route may answer.
 */
export function endpoint<P extends string, R extends Omit<RouteConfig, "path"> & { path: P }>(
  config: R & Rules,
) {
  const { permission, limit: limitName, problems = [], ...route } = config;
  const guard = createMiddleware<AppEnv>((c, next) => {
    demand(c.get("viewer"), permission);
    return next();
  });
  const content = route.request?.body?.content;
  const takesJson = content !== undefined && "application/json" in content;
  const statuses = new Set([
    ...ALWAYS,
    ...problems,
    401, // any request may bring a token that has ended
    ...(isSafe(route.method) && PERMISSIONS[permission] === "guest" ? [] : [403]),
    ...(takesJson ? [400, 413, 415, 422] : []),
    ...(route.request?.query || route.request?.params ? [422] : []),
  ]);
  const shared = [...statuses].sort().map((status) => [status, problemOf(status)]);
  const open = PERMISSIONS[permission] === "guest";
  const declared = {
    ...route,
    responses: { ...Object.fromEntries(shared), ...route.responses },
    middleware: takesJson ? [guard, jsonOnly, jsonBound] : [guard],
    security: [{ bearer: [] }, { cookie: [] }, ...(open ? [{}] : [])],
    "x-permission": permission,
    ...(limitName && { "x-limit": limitName }),
  };
  // the handler's types come from what the route itself declares; the additions are for all alike
  return createRoute(declared as unknown as R);
}

const pathText = (path: readonly PropertyKey[]) =>
  path.reduce<string>(
    (text, part) =>
      typeof part === "number" ? `${text}[${part}]` : `${text && `${text}.`}${String(part)}`,
    "",
  );

/** The fields that a schema found wrong, an unknown one by its own name (H3). */
export function fieldErrors(error: z.ZodError): FieldError[] {
  return error.issues.flatMap((issue): FieldError[] => {
    const fault = faultOf(issue);
    const paths = issue.code === "unrecognized_keys"
      ? issue.keys.map((key) => [...issue.path, key])
      : [issue.path];
    return paths.map((path) => ({ path: pathText(path), message: sayFault(fault), fault }));
  });
}

/** Throws what a schema found wrong as the one error a client sees. */
export function refuseInvalid(error: z.ZodError): never {
  const errors = fieldErrors(error);
  const named = errors.map(({ path, message }) => `${path || "the body"} ${message}`).join("; ");
  throw new Rejection("invalid", named, { errors });
}

/** An app for one domain's routes. */
export const routes = () =>
  new OpenAPIHono<AppEnv>({
    defaultHook: (result) => {
      if (!result.success) refuseInvalid(result.error as unknown as z.ZodError);
    },
  });

/**
 * Adds a declared route whose handler reads the request itself: Hono's own validators would hold
 * a whole upload in memory.
 */
export function streamed(
  app: OpenAPIHono<AppEnv>,
  route: ReturnType<typeof createRoute>,
  handler: Handler<AppEnv>,
): void {
  const { middleware = [], ...described } = route as typeof route & {
    middleware?: MiddlewareHandler<AppEnv>[];
  };
  app.openAPIRegistry.registerPath(described);
  app.on([route.method.toUpperCase()], [route.getRoutingPath()], ...middleware, handler);
}

/** The caller, who is signed in because the route's permission says so. */
export function signedIn(c: Context<AppEnv>) {
  const viewer = c.get("viewer");
  if (viewer.kind === "guest") throw new Rejection("unauthenticated");
  return viewer;
}
