/** The addresses of a track's pages: shown, edited, taken as a file, covered, replaced, deleted. */
import { type Context, Hono } from "hono";
import { isRejection, Rejection } from "../../domain/errors.ts";
import { isId } from "../../domain/ids.ts";
import { mayDelete, mayEdit, TrackPatch } from "../../domain/tracks.ts";
import { causeOf } from "../cause.ts";
import { refuseInvalid } from "../endpoint.ts";
import type { AppEnv } from "../env.ts";
import { signedIn, viewOf } from "./context.ts";
import { BLANK, type FormState, parseForm, readForm, rejectedForm } from "./forms.ts";
import { sayRejection } from "./parts.tsx";
import type { Site } from "./site.ts";
import { surePage } from "./sure.tsx";
import { trackPage } from "./track.tsx";
import { editPage } from "./track_edit.tsx";
import { answer, type Content } from "./view.tsx";
import type { View } from "./context.ts";

/** A page asks again this often whether a file is made, in seconds. */
const ASK_AGAIN_S = 3;

function makingPage(view: View, path: string): Content {
  const words = view.t.tools.download;
  const body = () => (
    <div class="empty">
      <h1 class="page-title">{words.making}</h1>
      <p>{words.makingText}</p>
      <a class="button" href={path} data-no-swap>{view.t.errors.retry}</a>
    </div>
  );
  return { title: words.making, body, refreshS: ASK_AGAIN_S };
}

/** Whether a form was sent by the page that asks once more. */
const isSure = async (c: Context<AppEnv>) => (await readForm(c)).sure === "yes";

export function trackRoutes(site: Site): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  const { tools } = site;

  async function track(c: Context<AppEnv>) {
    const id = c.req.param("id") ?? "";
    const found = isId(id) ? await site.tracks.get(id, c.get("viewer")) : null;
    if (!found) throw new Rejection("not_found", "There is no such recording");
    return found;
  }

  type Problems = Parameters<typeof editPage>[1]["problems"];
  async function edit(c: Context<AppEnv>, form: FormState = BLANK, problems: Problems = {}) {
    const view = viewOf(site, c);
    const viewer = signedIn(c);
    const found = await track(c);
    if (!mayEdit(viewer, found)) throw new Rejection("forbidden");
    const versions = await tools.versions(found.id, viewer);
    return answer(c, view, editPage(view, { track: found, versions, form, problems }));
  }

  /** What a form without script wants, and then the page that it was on; a refusal is shown there. */
  const act = async (
    c: Context<AppEnv>,
    what: "cover" | "version",
    work: (id: string, viewer: ReturnType<typeof signedIn>) => Promise<void>,
  ) => {
    const viewer = signedIn(c);
    const { id } = await track(c);
    try {
      await work(id, viewer);
    } catch (error) {
      if (!isRejection(error) || error.code === "forbidden") throw error;
      return await edit(c, BLANK, { [what]: sayRejection(viewOf(site, c), error) });
    }
    return c.redirect(`/tracks/${id}/edit`, 303);
  };

  app.get("/tracks/:id", async (c) => {
    const view = viewOf(site, c);
    const found = await track(c);
    const replay = await site.replay.find(view.viewer, found.id);
    return answer(c, view, trackPage(view, found, replay));
  });

  app.get("/tracks/:id/download", async (c) => {
    const view = viewOf(site, c);
    const { id } = await track(c);
    const { format = "mp3", bitrate } = c.req.query();
    const wanted = { format, ...(bitrate && { bitrate: Number(bitrate) }) };
    const url = await tools.download(id, wanted, view.viewer);
    c.header("cache-control", "no-store");
    // a page with script asks for the address, so that it can tell how it goes in its own place
    if (c.req.header("accept") === "application/json") return c.json({ url });
    if (url) return c.redirect(url, 303);
    return answer(c, view, makingPage(view, `${view.path}${new URL(c.req.url).search}`));
  });

  app.get("/tracks/:id/edit", (c) => edit(c));
  app.post("/tracks/:id/edit", async (c) => {
    const view = viewOf(site, c);
    const viewer = signedIn(c);
    const { id } = await track(c);
    const typed = await readForm(c);
    const { downloadable, ...words } = typed;
    const patch = { ...words, ...(downloadable && { downloadable: downloadable === "on" }) };
    const parsed = parseForm(view, TrackPatch, patch, typed);
    if (!parsed.ok) return await edit(c, parsed.form);
    try {
      await site.tracks.update(id, parsed.data, viewer);
    } catch (error) {
      return await edit(c, rejectedForm(view, error, typed).form);
    }
    return c.redirect(`/tracks/${id}`, 303);
  });

  app.post("/tracks/:id/visibility", async (c) => {
    const viewer = signedIn(c);
    const { id } = await track(c);
    const wanted = TrackPatch.pick({ visibility: true }).safeParse(await readForm(c));
    if (!wanted.success) refuseInvalid(wanted.error);
    const { visibility } = wanted.data;
    await site.tracks.update(id, { ...(visibility && { visibility }) }, viewer);
    return c.redirect(`/tracks/${id}`, 303);
  });

  app.post(
    "/tracks/:id/cover",
    (c) => act(c, "cover", (id, viewer) => tools.setCover(id, c.req.raw, viewer)),
  );
  app.post(
    "/tracks/:id/cover/remove",
    (c) => act(c, "cover", (id, viewer) => tools.removeCover(id, viewer)),
  );
  app.post(
    "/tracks/:id/versions",
    (c) => act(c, "version", (id, viewer) => tools.addVersion(id, c.req.raw, viewer, causeOf(c))),
  );
  app.post(
    "/tracks/:id/versions/:version/current",
    (c) =>
      act(
        c,
        "version",
        (id, viewer) => tools.makeVersionCurrent(id, c.req.param("version"), viewer),
      ),
  );
  app.get("/tracks/:id/versions/:version/remove", async (c) => {
    const view = viewOf(site, c);
    const { id } = await track(c);
    const found = await tools.versions(id, signedIn(c));
    const version = found.find((one) => one.id === c.req.param("version"));
    if (!version) throw new Rejection("not_found", "There is no such version");
    const question = {
      name: version.filename,
      text: view.t.tools.sure.version,
      action: view.path,
      back: `/tracks/${id}/edit`,
    };
    return answer(c, view, surePage(view, question));
  });
  app.post("/tracks/:id/versions/:version/remove", async (c) => {
    if (!await isSure(c)) return c.redirect(c.req.path, 303);
    return await act(
      c,
      "version",
      (id, viewer) => tools.removeVersion(id, c.req.param("version"), viewer, causeOf(c)),
    );
  });

  app.get("/tracks/:id/delete", async (c) => {
    const view = viewOf(site, c);
    const found = await track(c);
    if (!mayDelete(signedIn(c), found)) throw new Rejection("forbidden");
    const question = {
      name: found.title,
      text: view.t.tools.sure.track,
      action: view.path,
      back: `/tracks/${found.id}`,
    };
    return answer(c, view, surePage(view, question));
  });
  app.post("/tracks/:id/delete", async (c) => {
    if (!await isSure(c)) return c.redirect(c.req.path, 303);
    const viewer = signedIn(c);
    const { id } = await track(c);
    await site.tracks.remove(id, viewer, causeOf(c));
    return c.redirect("/library", 303);
  });
  return app;
}
