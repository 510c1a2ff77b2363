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
}

/** A new place is one line here. */
const places = ({ t, unreadRooms }: View): Place[] => [
  { href: "/search", icon: "search", label: t.places.search },
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
  { href: "/upload", icon: "upload", label: t.places.upload },
];

function RailLink({ place, path }: { place: Place; path: string }) {
  const here = place.href === path || place.also?.(path) === true;
  return (
    <a
      class="rail-link"
      href={place.href}
      aria-current={place.href === path ? "page" : here ? "true" : undefined}
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
  const { t, viewer, path } = view;
  const account: Place = viewer.kind === "user"
    ? {
      href: "/settings",
      icon: "user",
      label: t.places.settings,
      also: (at) => at.startsWith("/settings"),
    }
    : { href: "/login", icon: "signIn", label: t.places.signIn, also: (at) => at === "/register" };
  const admin: Place = {
    // moderators have the one page there that they may see
    href: may(rolesOf(viewer), "site:observe") ? "/admin" : "/admin/invites",
    icon: "admin",
    label: t.places.admin,
    also: (at) => at.startsWith("/admin/"),
  };
  return (
    <nav id="rail" class="rail" aria-label={t.places.label}>
      <Wordmark view={view} />
      <div class="rail-places">
        {places(view).map((place) => <RailLink key={place.href} place={place} path={path} />)}
      </div>
      <div class="rail-foot">
        <button type="button" class="rail-link rail-help" data-help>
          <Icon name="keys" />
          <span>{t.places.help}</span>
        </button>
        {may(rolesOf(viewer), "invites:make") && <RailLink place={admin} path={path} />}
        <BellLink view={view} look="rail-link" />
        <RailLink place={account} path={path} />
      </div>
    </nav>
  );
}
