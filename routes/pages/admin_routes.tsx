/** The addresses of the overview, the runtime and the jobs, and of their forms without script. */
import { Hono } from "hono";
import { ActorQuery } from "../../domain/actor_list.ts";
import { demand } from "../../domain/auth.ts";
import { JobStatus } from "../../domain/jobs.ts";
import { PageQuery } from "../../domain/pages.ts";
import { Rejection } from "../../domain/errors.ts";
import { isId } from "../../domain/ids.ts";
import { actorQuery, readQuery } from "../../islands/admin/query.ts";
import { jobPage } from "../admin_jobs.ts";
import type { AppEnv } from "../env.ts";
import { jobsPage, overviewPage, restartPage, runtimePage } from "./admin_pages.tsx";
import { adminView } from "./admin_shell.tsx";
import { nextPath, readForm } from "./forms.ts";
import type { Site } from "./site.ts";
import { answer } from "./view.tsx";

export function adminRoutes(site: Site): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.get("/admin", async (c) => {
    const view = adminView(site, c);
    return answer(c, view, overviewPage(view, await site.desk.overview()));
  });

  app.get("/admin/runtime", async (c) => {
    const view = adminView(site, c);
    const query = readQuery(new URL(c.req.url).searchParams);
    const snapshot = await site.desk.snapshot(ActorQuery.parse(actorQuery(query)));
    return answer(c, view, runtimePage(view, { snapshot, events: site.desk.events(), query }));
  });
  app.post("/admin/runtime/:kind/:key/restart", async (c) => {
    const view = adminView(site, c, "site:configure");
    const { kind, key } = c.req.param();
    if ((await readForm(c)).sure === undefined) {
      return answer(c, view, restartPage(view, { kind, key, action: c.req.path }));
    }
    await site.desk.restart(kind, key);
    return c.redirect("/admin/runtime", 303);
  });
  app.post("/admin/runtime/:kind/:key/crash", async (c) => {
    demand(c.get("viewer"), "site:configure");
    const { kind, key } = c.req.param();
    await site.desk.crash(kind, key);
    return c.redirect("/admin/runtime", 303);
  });

  app.get("/admin/jobs", async (c) => {
    const view = adminView(site, c);
    const status = JobStatus.safeParse(c.req.query("status")).data ?? null;
    const asked = PageQuery.pick({ cursor: true }).safeParse(c.req.query()).data;
    const query = PageQuery.parse(asked ?? {}); // what cannot be read shows the first page
    const page = await jobPage(site.jobs, { ...query, ...(status && { status }) });
    const at = new Date().toISOString();
    return answer(c, view, jobsPage(view, { page, status, cursor: query.cursor ?? null, at }));
  });
  for (const act of ["retry", "cancel"] as const) {
    app.post(`/admin/jobs/:id/${act}`, async (c) => {
      demand(c.get("viewer"), "jobs:manage");
      const { id } = c.req.param();
      if (!isId(id)) throw new Rejection("not_found", `No job ${id}`);
      const { next } = await readForm(c);
      await site.jobs[act](id);
      return c.redirect(nextPath(next, "/admin/jobs"), 303);
    });
  }
  return app;
}
