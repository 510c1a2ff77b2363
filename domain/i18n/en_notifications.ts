/** English: what people are told of, and the pages about it. */
import type { NotificationKind } from "../notifications.ts";
import { counted } from "./counted.ts";

const n = counted("en");

export const enNotifications = {
  title: "Notifications",
  /** After the bell's name, for those who do not see its number. */
  bell: (count: number) => count === 0 ? "" : n(count, "unread", "unread"),
  lead: "What became of your recordings, and who mentioned you. It stays here for 90 days.",
  filters: "Which notifications",
  everything: "All",
  unread: "Unread",
  empty:
    "Here you are told when a recording of yours is ready, or why it could not be prepared, and when somebody mentions you in a room.",
  emptyAct: "Upload a recording",
  nothingUnread: "You have read everything.",
  markAll: "Mark all as read",
  showAll: "All notifications",
  choose: "Choose what you are told",
  more: "Older notifications",
  close: "Close",
  play: "Play",
  open: "Open",
  remove: (text: string) => `Delete the notification: ${text}`,
  removed: "The notification will be deleted in ten seconds.",
  loading: "Loading",
  failed: "Your notifications cannot be shown right now. They are kept.",
  retry: "Try again",
  settings: "Notifications",
  settingsText: "What rings the bell. It holds for what happens from now on.",
  kinds: {
    "track-ready": {
      text: (title: string) => `“${title}” is ready`,
      choice: "A recording of mine is ready",
      help: "It has been prepared and can be heard in full quality.",
    },
    "track-failed": {
      text: (title: string) => `“${title}” could not be prepared`,
      choice: "A recording of mine could not be prepared",
      help: "With the reason, and what you can do.",
    },
    "mentioned": {
      /** A direct room has no name. */
      text: (by: string, room: string) =>
        room ? `${by} mentioned you in ${room}` : `${by} mentioned you`,
      choice: "Somebody mentions me",
      help: "In a message, with @ and your username, in a room that you may read.",
    },
    "registration-waiting": {
      text: (name: string) => `${name} waits to be let in`,
      choice: "Somebody waits to be let in",
      help: "A new account needs the decision of an administrator.",
    },
  } satisfies Record<NotificationKind, unknown>,
};
