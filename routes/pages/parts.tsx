/** Parts that several pages share: lists, empty states, fields, and what went wrong. */
import type { ComponentChildren } from "preact";
import { ERRORS, type Rejection } from "../../domain/errors.ts";
import { spokenTime } from "../../domain/i18n/format.ts";
import type { Page } from "../../domain/pages.ts";
import type { Track } from "../../domain/tracks.ts";
import TrackList, { toRow } from "../../islands/tracks/track_list.tsx";
import TrackStage from "../../islands/tracks/track_stage.tsx";
import { Island } from "./island.tsx";
import type { View } from "./context.ts";

/**
 * The sentence for a refusal in the page's language; English has the refusal's own detail, where it
 * has one.
 */
export function sayRejection({ t, language }: View, rejection: Rejection): string {
  const { code, message, retryAfterMs } = rejection;
  if (code === "rate_limited" && retryAfterMs !== undefined) {
    return t.fields.later(spokenTime(roundUp(retryAfterMs), language));
  }
  return language === "en" && message !== ERRORS[code].title ? sentence(message) : t.problems[code];
}

/** To whole minutes from one on, for nobody waits by the second; ms. */
const roundUp = (ms: number) => ms < 60_000 ? ms : Math.ceil(ms / 60_000) * 60_000;

/** Ends with a full stop. */
const sentence = (text: string) => /[.?…]$/.test(text) ? text : `${text}.`;

/** A list of tracks with its link to older ones. */
export function Tracks(
  { view, page, own, more }: { view: View; page: Page<Track>; own?: boolean; more: string },
) {
  const tracks = page.items.map(toRow);
  const next = new URLSearchParams({ cursor: page.nextCursor ?? "" });
  return (
    <>
      <Island
        name="track-list"
        source="islands/tracks/track_list.tsx"
        of={TrackList}
        props={{ tracks, now: view.now, ...(own && { own }) }}
      />
      {page.nextCursor && (
        <p class="more">
          <a class="button" href={`?${next}`}>{more}</a>
        </p>
      )}
    </>
  );
}

/** The stage of one track. */
export function Stage(
  { view, track, heading, linked = false }: {
    view: View;
    track: Track;
    heading: "h1" | "h2";
    linked?: boolean;
  },
) {
  const failureText = track.failure &&
    (view.language === "en" ? sentence(track.failure.detail) : view.t.problems[track.failure.code]);
  return (
    <Island
      name="track-stage"
      source="islands/tracks/track_stage.tsx"
      of={TrackStage}
      props={{ track: toRow(track), failureText, heading, linked }}
    />
  );
}

/** An empty place: what it is for, and the one thing to do. */
export function Empty({ text, act }: { text: string; act?: { href: string; label: string } }) {
  return (
    <div class="empty">
      <p>{text}</p>
      {act && <a class="button button-main" href={act.href}>{act.label}</a>}
    </div>
  );
}

type FieldType = "text" | "email" | "password" | "search";

interface FieldProps {
  readonly name: string;
  readonly label: string;
  readonly value?: string;
  readonly type?: FieldType;
  readonly help?: string;
  readonly error?: string;
  readonly autocomplete?: string;
  readonly required?: boolean;
  readonly rows?: number;
  readonly maxlength?: number;
  readonly autofocus?: boolean;
}

/** A labelled field with its help and its error, tied together for those who listen. */
export function Field(props: FieldProps) {
  const { name, label, value = "", type = "text", help, error, rows } = props;
  const id = `field-${name}`;
  const described = [help && `${id}-help`, error && `${id}-error`].filter(Boolean).join(" ");
  const shared = {
    id,
    name,
    maxlength: props.maxlength,
    required: props.required,
    autocomplete: props.autocomplete,
    "aria-describedby": described || undefined,
    "aria-invalid": error ? true : undefined,
  };
  return (
    <div class={error ? "field has-error" : "field"}>
      <label for={id}>{label}</label>
      {rows ? <textarea {...shared} rows={rows}>{value}</textarea> : (
        <input
          {...shared}
          type={type as "text"}
          value={type === "password" ? "" : value}
          autofocus={props.autofocus}
          autocapitalize="none"
          spellcheck={false}
        />
      )}
      {help && <p class="field-help" id={`${id}-help`}>{help}</p>}
      {error && <p class="field-error" id={`${id}-error`}>{error}</p>}
    </div>
  );
}

/** What went wrong with the whole form. */
export function FormError({ children }: { children: ComponentChildren }) {
  return <p class="form-error" role="alert">{children}</p>;
}
