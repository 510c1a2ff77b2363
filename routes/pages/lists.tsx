/** Pages that are mostly a list: the library, an artist's page, search. */
import { formatDate, formatDay } from "../../domain/i18n/format.ts";
import type { LiveView } from "../../domain/live.ts";
import type { Page } from "../../domain/pages.ts";
import type { Track } from "../../domain/tracks.ts";
import type { PublicUser } from "../../domain/users.ts";
import { Announced, LiveRows, OnAirNow } from "./live.tsx";
import { Empty, Tracks } from "./parts.tsx";
import type { View } from "./context.ts";
import type { Streams } from "./streams.ts";
import type { Content } from "./view.tsx";

export function libraryPage(view: View, page: Page<Track>): Content {
  const { t } = view;
  const body = () => (
    <>
      <header class="page-head">
        <h1 class="page-title">{t.library.title}</h1>
        <p class="lead">{t.library.lead}</p>
      </header>
      {page.items.length === 0
        ? <Empty text={t.library.empty} act={{ href: "/upload", label: t.library.emptyAct }} />
        : <Tracks view={view} page={page} own more={t.library.more} />}
    </>
  );
  return { title: t.library.title, body };
}

/** `streams`: the artist's, of whom who comes here may want to hear now rather than what was. */
export function artistPage(
  view: View,
  artist: PublicUser,
  page: Page<Track>,
  streams: Streams,
): Content {
  const { t, viewer, language } = view;
  const own = viewer.kind === "user" && viewer.userId === artist.id;
  const since = formatDay(artist.createdAt, language);
  const body = () => (
    <article class="artist">
      <header class="artist-head">
        <h1 class="artist-name">{artist.displayName}</h1>
        <p class="artist-line">
          <span>@{artist.username}</span>
          <span>{t.artist.tracks(artist.trackCount)}</span>
          <span>{t.artist.since(since)}</span>
        </p>
        {artist.bio && (
          <div class="prose">
            {artist.bio.split(/\n{2,}/).map((text) => <p key={text}>{text}</p>)}
          </div>
        )}
        {own && (
          <p class="tools">
            <span class="quiet">{t.artist.you}</span>
            <a class="button" href="/settings">{t.artist.editProfile}</a>
          </p>
        )}
      </header>
      <OnAirNow view={view} streams={streams.now} />
      <Announced view={view} streams={streams.soon} />
      {page.items.length === 0
        ? own
          ? <Empty text={t.artist.ownEmpty} act={{ href: "/upload", label: t.library.emptyAct }} />
          : <Empty text={t.artist.empty} />
        : <Tracks view={view} page={page} more={t.library.more} />}
    </article>
  );
  return {
    title: `${artist.displayName} (@${artist.username})`,
    description: artist.bio.slice(0, 200) || undefined,
    body,
  };
}

interface Found {
  readonly tracks: readonly Track[];
  readonly users: readonly PublicUser[];
  /** Those on air first. */
  readonly streams: readonly LiveView[];
}

function People({ view, users }: { view: View; users: readonly PublicUser[] }) {
  const { t, now, language } = view;
  return (
    <section class="listing">
      <h2 class="section-title">{t.search.people}</h2>
      <ul class="people">
        {users.map((user) => (
          <li>
            <a href={`/@${user.username}`}>
              <span class="people-name">{user.displayName}</span>
              <span class="quiet">@{user.username}</span>
            </a>
            <span class="quiet">
              {user.trackCount > 0
                ? t.artist.tracks(user.trackCount)
                : formatDate(user.createdAt, now, language)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}

export function searchPage(view: View, query: string, found: Found | null): Content {
  const { t } = view;
  const count = found ? found.tracks.length + found.users.length + found.streams.length : 0;
  const body = () => (
    <>
      <h1 class="visually-hidden">{t.search.title}</h1>
      <form class="search" role="search" action="/search" data-swap>
        <label class="visually-hidden" for="search-q">{t.search.field}</label>
        <input
          id="search-q"
          type="search"
          name="q"
          value={query}
          placeholder={t.search.field}
          autocomplete="off"
          maxlength={200}
          autofocus
        />
        <button type="submit" class="button button-main">{t.search.act}</button>
      </form>
      {found === null && <p class="quiet">{t.search.hint}</p>}
      {found && (
        <p class="quiet" role="status">
          {count === 0 ? `${t.search.none(query)} ${t.search.noneNext}` : t.search.found(count)}
        </p>
      )}
      {found && found.streams.length > 0 && (
        <section class="listing">
          <h2 class="section-title">{t.search.live}</h2>
          <LiveRows view={view} streams={found.streams} />
        </section>
      )}
      {found && found.users.length > 0 && <People view={view} users={found.users} />}
      {found && found.tracks.length > 0 && (
        <section class="listing">
          <h2 class="section-title">{t.search.recordings}</h2>
          <Tracks view={view} page={{ items: [...found.tracks], nextCursor: null }} more="" />
        </section>
      )}
    </>
  );
  return { title: query ? `${query} · ${t.search.title}` : t.search.title, body };
}
