/** Discover: what this place is for, the newest recording at full width, and those before it. */
import type { Page } from "../../domain/pages.ts";
import type { Track } from "../../domain/tracks.ts";
import type { LiveView } from "../../domain/live.ts";
import { OnAirNow } from "./live.tsx";
import { Stage, Tracks } from "./parts.tsx";
import type { View } from "./context.ts";
import type { Content } from "./view.tsx";

/** `empty` tells that nothing has been uploaded yet. */
function Invitation({ view, empty = false }: { view: View; empty?: boolean }) {
  const { t, viewer, site } = view;
  const lead = empty ? t.home.emptyLead(site.siteName) : t.home.guestLead;
  const mayJoin = site.registration !== "closed";
  return (
    <div class="hero-words">
      <p class="lead">{lead}</p>
      <p class="acts">
        {viewer.kind === "guest"
          ? (
            <>
              {mayJoin && <a class="button button-main" href="/register">{t.home.createAccount}</a>}
              <a class={mayJoin ? "button" : "button button-main"} href="/login">{t.home.signIn}</a>
            </>
          )
          : empty && <a class="button button-main" href="/upload">{t.home.firstUpload}</a>}
      </p>
    </div>
  );
}

function EmptySite({ view }: { view: View }) {
  const { t } = view;
  const { facts } = t.home;
  return (
    <>
      <section class="hero hero-empty">
        <h1 class="statement">{t.home.statement}</h1>
        <Invitation view={view} empty />
      </section>
      <p class="empty-line">{t.home.emptyNext}</p>
      <dl class="facts">
        <div>
          <dt>{facts.a}</dt>
          <dd>{facts.aText}</dd>
        </div>
        <div>
          <dt>{facts.b}</dt>
          <dd>{facts.bText}</dd>
        </div>
        <div>
          <dt>{facts.c}</dt>
          <dd>{facts.cText}</dd>
        </div>
      </dl>
    </>
  );
}

/**
 * `first` tells whether the page begins at the newest track: only then it has the stage. `onAir`:
 * who can be heard live now.
 */
export function home(
  view: View,
  page: Page<Track>,
  first: boolean,
  onAir: readonly LiveView[] = [],
): Content {
  const { t, viewer, site } = view;
  const [newest, ...rest] = page.items;
  const body = () => {
    if (!newest) {
      return (
        <>
          <OnAirNow view={view} streams={onAir} />
          <EmptySite view={view} />
        </>
      );
    }
    if (!first) {
      return (
        <>
          <h1 class="page-title">{t.home.rest}</h1>
          <Tracks view={view} page={page} more={t.home.more} />
        </>
      );
    }
    return (
      <>
        {viewer.kind === "guest"
          ? (
            <section class="hero">
              <h1 class="statement">{t.home.statement}</h1>
              <Invitation view={view} />
            </section>
          )
          : <h1 class="page-title">{t.home.title}</h1>}
        <OnAirNow view={view} streams={onAir} />
        <p class="label">{t.home.newest}</p>
        <Stage view={view} track={newest} heading="h2" linked />
        {rest.length > 0 && (
          <section class="listing">
            <h2 class="section-title">{t.home.rest}</h2>
            <Tracks view={view} page={{ ...page, items: rest }} more={t.home.more} />
          </section>
        )}
      </>
    );
  };
  return { title: site.siteName, description: t.home.guestLead, body };
}
