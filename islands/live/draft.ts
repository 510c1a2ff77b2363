/** What is typed and ticked of a stream before there is one. */
import { hasPassed } from "../../domain/live_begin.ts";
import type { LiveView } from "../../domain/live.ts";
import { Problem } from "../shared/api.ts";
import { words } from "./words.ts";

export interface Draft {
  readonly title: string;
  readonly description: string;
  /** ISO 8601; null: it is not announced. */
  readonly scheduledAt: string | null;
  readonly record: boolean;
  readonly visibility: LiveView["visibility"];
}

/** How the form begins. */
export const BLANK: Draft = {
  title: "",
  description: "",
  scheduledAt: null,
  record: true,
  visibility: "public",
};

/** The form of a stream that is there. */
export const draftOf = (stream: LiveView): Draft => {
  const { title, description, scheduledAt, record, visibility } = stream;
  return { title, description, scheduledAt, record, visibility };
};

/** Asks of a begin what the server will. @throws {Problem} `invalid` where it has passed */
export function demandLater(scheduledAt: string | null): void {
  if (hasPassed(scheduledAt, Date.now())) throw new Problem("invalid", words().studio.beginPast);
}
