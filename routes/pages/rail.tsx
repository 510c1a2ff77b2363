/** The places of the site: a slim rail at the left, a bar at the bottom of a narrow screen. */
import { may, rolesOf } from "../../domain/auth.ts";
import { Icon, type IconName } from "../../islands/icons.tsx";
import { BellLink } from "./bell.tsx";
import type { View } from "./context.ts";
import { Wordmark } from "./wordmark.tsx";

interface Place {
  readonly href: string;
  readonly icon: IconName;
  readonly label: string;
  /** Other paths where this place is the current one. */
  readonly also?: (path: string) => boolean;
  /** What is new there, and how that is said. */
  readonly count?: number;
  readonly says?: string;
  /** Not in the bar of a narrow screen, which has five places: above the page instead. */
  readonly isAbove?: boolean;
}

/** A new place is one line here. */
const places = ({ t, unreadRooms }: View): Place[] => [
  { href: "/search", icon: "search", label: t.places.search, isAbove: true },
  { href: "/", icon: "discover", label: t.places.discover },
  {
    href: "/library",
    icon: "library",
    label: t.places.library,
    also: (path) => /^\/tracks\/[^/]+\/edit$/.test(path), // one edits only what is one's own
  },
  {
    href: "/rooms",
    icon: "rooms",
    label: t.places.rooms,
    also: (path) => path.startsWith("/rooms/"),
    count: unreadRooms,
    says: t.places.roomsNew(unreadRooms),
  },
  {
    href: "/live",
    icon: "live",
    label: t.places.live,
    also: (path) => path.startsWith("/live/"),
  },
  { href: "/studio", icon: "mic", label: t.places.studio },
  { href: "/upload", icon: "upload", label: t.places.upload, isAbove: true },
];

/** Who one is here, or the way in. */
const accountPlace = ({ t, viewer }: View): Place =>
  viewer.kind === "user"
    ? {
      href: "/settings",
      icon: "user",
      label: t.places.settings,
      also: (at) => at.startsWith("/settings"),
      isAbove: true,
    }
    : {
      href: "/login",
      icon: "signIn",
      label: t.places.signIn,
      also: (at) => at === "/register",
      isAbove: true,
    };

/** For those who run the site; null for all others. */
const adminPlace = ({ t, viewer }: View): Place | null =>
  may(rolesOf(viewer), "invites:make")
    ? {
      // moderators have the one page there that they may see
      href: may(rolesOf(viewer), "site:observe") ? "/admin" : "/admin/invites",
      icon: "admin",
      label: t.places.admin,
      also: (at) => at.startsWith("/admin/"),
      isAbove: true,
    }
    : null;

const currentAt = ({ href, also }: Place, path: string) =>
  href === path ? "page" : also?.(path) === true ? "true" : undefined;

function RailLink({ place, path }: { place: Place; path: string }) {
  return (
    <a
      class={place.isAbove ? "rail-link rail-wide" : "rail-link"}
      href={place.href}
      aria-current={currentAt(place, path)}
    >
      <span class="bell-sign">
        <Icon name={place.icon} />
        {place.count !== undefined && (
          <span class="bell-count" data-rooms-count aria-hidden="true" hidden={place.count === 0}>
            {place.count}
          </span>
        )}
      </span>
      <span>
        {place.label}
        {place.says !== undefined && (
          <span class="visually-hidden" data-rooms-says>{place.says}</span>
        )}
      </span>
    </a>
  );
}

export function Rail({ view }: { view: View }) {
  const { t, path } = view;
  const admin = adminPlace(view);
  return (
    <nav id="rail" class="rail" aria-label={t.places.label}>
      <Wordmark view={view} />
      <div class="rail-places">
        {places(view).map((place) => <RailLink key={place.href} place={place} path={path} />)}
      </div>
      <div class="rail-foot">
        <button type="button" class="rail-link rail-wide rail-help" data-help>
          <Icon name="keys" />
          <span>{t.places.help}</span>
        </button>
        {admin && <RailLink place={admin} path={path} />}
        <BellLink view={view} look="rail-link" />
        <RailLink place={accountPlace(view)} path={path} />
      </div>
    </nav>
  );
}

/** On a narrow screen: the site's name, and the ways to what its bar has no place for. */
export function Top({ view }: { view: View }) {
  const { path, t } = view;
  const above = [...places(view).filter(({ isAbove }) => isAbove), adminPlace(view)]
    .filter((place) => place !== null);
  const key = (place: Place) => (
    <a
      key={place.href}
      class="key"
      href={place.href}
      title={place.label}
      aria-current={currentAt(place, path)}
    >
      <Icon name={place.icon} />
      <span class="visually-hidden">{place.label}</span>
    </a>
  );
  return (
    <header id="top" class="top">
      <Wordmark view={view} />
      <nav class="top-keys" aria-label={t.places.more}>
        {above.map(key)}
        <BellLink view={view} look="key" />
        {key(accountPlace(view))}
      </nav>
    </header>
  );
}
