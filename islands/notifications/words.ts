/** A notification in words, and where it leads; pure but for the language. */
import type { Notification } from "../../domain/notifications.ts";
import { t } from "../shared/words.ts";

export function textOf({ kind, about }: Notification): string {
  const { text } = t().notifications.kinds[kind];
  switch (about.type) {
    case "track":
      return text(about.title, "");
    case "message":
      return text(about.by.name, about.room.name);
    case "user":
      return text(about.name, "");
    default:
      return about satisfies never;
  }
}

/** Why it failed; null where nothing did. */
export const reasonOf = ({ code }: Notification): string | null =>
  code === null ? null : t().problems[code];

export const placeOf = ({ about }: Notification): string => {
  switch (about.type) {
    case "track":
      return `/tracks/${about.id}`;
    case "message":
      return `/rooms/${about.room.id}?at=${about.seq}`;
    case "user":
      return "/admin/registrations";
    default:
      return about satisfies never;
  }
};
