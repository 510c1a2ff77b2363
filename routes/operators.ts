/** What tasks on this machine ask of a running node: the administrator's routes, without signing in. */
import { Hono } from "hono";
import type { Viewer } from "../domain/auth.ts";
import { Rejection } from "../domain/errors.ts";
import type { Log } from "../services/log.ts";
import { actors } from "./actors.ts";
import { adminJobs } from "./admin_jobs.ts";
import type { AppEnv } from "./env.ts";
import { onError } from "./middleware/errors.ts";
import type { RuntimeDesk } from "./runtime_desk.ts";

/** Who runs the machine runs the site. No account: what belongs to one is not among the routes. */
const OPERATOR: Viewer = {
  kind: "user",
  userId: "00000000-0000-7000-8000-000000000000",
  username: "operator",
  roles: ["admin"],
  sessionId: "00000000-0000-7000-8000-000000000000",
  via: "token",
};

/** To be served where only the operator can knock, such as a socket in DATA_DIR; never on a port. */
export function operators(
  { adminJobs: jobs, desk, newId, log, translate }: {
    adminJobs: Parameters<typeof adminJobs>[0];
    desk: RuntimeDesk;
    newId: () => string;
    log: Log;
    translate: (error: unknown) => unknown;
  },
): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const page = () => {
    throw new Error("Tasks are never answered with a page");
  };
  app.onError(onError({ log, page, translate }));
  app.notFound((c) => {
    throw new Rejection("not_found", `There is nothing at ${c.req.path}`);
  });
  app.use(async (c, next) => {
    c.set("requestId", newId());
    c.set("viewer", OPERATOR);
    await next();
  });
  app.route("/api/v1", adminJobs(jobs));
  app.route("/api/v1", actors({ desk }));
  return app;
}
