/** A notification in words, and where it leads; pure but for the language. */
import type { Notification } from "../../domain/notifications.ts";
import { t } from "../shared/words.ts";

export const textOf = ({ kind, about }: Notification): string =>
  t().notifications.kinds[kind].text(about.title);

/** Why it failed; null where nothing did. */
export const reasonOf = ({ code }: Notification): string | null =>
  code === null ? null : t().problems[code];

export const placeOf = ({ about }: Notification): string => {
  switch (about.type) {
    case "track":
      return `/tracks/${about.id}`;
    default:
      return about.type satisfies never;
  }
};
