/** A track's page: its waveform first, then its words, then its data; and its owner's form. */
import type { ComponentChildren } from "preact";
import {
  formatBytes,
  formatCount,
  formatDate,
  formatHertz,
  formatLevel,
} from "../../domain/i18n/format.ts";
import { mayDelete, mayEdit, type Track, VISIBILITIES } from "../../domain/tracks.ts";
import { Icon } from "../../islands/icons.tsx";
import type { FormState } from "./forms.ts";
import { Field, FormError, Stage } from "./parts.tsx";
import type { View } from "./context.ts";
import type { Content } from "./view.tsx";

/** What a codec is called on the plate: ffmpeg's name is for ffmpeg. */
function codecName(codec: string): string {
  const pcm = /^pcm_[a-z](\d+)/.exec(codec);
  return pcm ? `PCM ${pcm[1]}\u00a0bit` : codec.toUpperCase();
}

type Datum = readonly [label: string, value: ComponentChildren];

/** The data plate: what the recording is, in figures. */
function data({ t, language, now }: View, track: Track): Datum[] {
  const { source, loudness } = track;
  const words = t.track;
  const rows: (Datum | null)[] = [
    [words.heard, words.plays(track.playCount)],
    [
      words.uploaded,
      <time key="uploaded" dateTime={track.createdAt}>
        {formatDate(track.createdAt, now, language)}
      </time>,
    ],
    track.genre ? [words.genre, track.genre] : null,
    source && [
      words.format,
      `${codecName(source.codec)} · ${formatHertz(source.sampleRate, language)} · ${
        source.channels === 1
          ? words.mono
          : source.channels === 2
          ? words.stereo
          : words.channels(source.channels)
      }`,
    ],
    source && [words.size, formatBytes(source.bytes, language)],
    loudness && loudness.integratedLufs !== null
      ? [words.loudness, formatLevel(loudness.integratedLufs, "LUFS", language)]
      : null,
    loudness && loudness.truePeakDb !== null
      ? [words.peak, formatLevel(loudness.truePeakDb, "dBTP", language)]
      : null,
    source && [
      words.checksum,
      <abbr key="sum" class="checksum" title={source.sha256}>{source.sha256.slice(0, 16)}…</abbr>,
    ],
  ];
  return rows.filter((row) => row !== null);
}

function OwnerTools({ view, track }: { view: View; track: Track }) {
  const { t, viewer } = view;
  const edit = mayEdit(viewer, track);
  if (!edit && !mayDelete(viewer, track)) return null;
  return (
    <div class="tools">
      {track.visibility !== "public" && (
        <span class="tag">{t.track.visibilities[track.visibility]}</span>
      )}
      {edit && (
        <a class="button" href={`/tracks/${track.id}/edit`}>
          <Icon name="edit" />
          {t.track.edit}
        </a>
      )}
      <form
        method="post"
        action={`/tracks/${track.id}/delete`}
        data-delete={track.id}
        data-title={track.title}
      >
        <button type="submit" class="button button-quiet">
          <Icon name="remove" />
          {t.track.remove}
        </button>
      </form>
    </div>
  );
}

export function trackPage(view: View, track: Track): Content {
  const { t, language } = view;
  const body = () => (
    <article class="track">
      <Stage view={view} track={track} heading="h1" />
      {track.streamUrl && (
        <noscript>
          <p class="quiet">{t.track.noScript}</p>
          <audio controls preload="none" src={track.streamUrl} />
        </noscript>
      )}
      <div class="track-below">
        <div class="track-words">
          {track.description && (
            <>
              <h2 class="visually-hidden">{t.track.about}</h2>
              <div class="prose">
                {track.description.split(/\n{2,}/).map((text) => <p key={text}>{text}</p>)}
              </div>
            </>
          )}
          {track.status === "failed" && <p class="quiet">{t.track.kept}</p>}
        </div>
        <OwnerTools view={view} track={track} />
      </div>
      <h2 class="visually-hidden">{t.track.facts}</h2>
      <dl class="plate">
        {data(view, track).map(([label, value]) => (
          <div>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </article>
  );
  return {
    title: `${track.title} ${t.track.by} ${track.artist}`,
    description: track.description.slice(0, 200) ||
      `${track.title}, ${track.artist}. ${formatCount(track.playCount, language)}`,
    body,
  };
}

/** The owner's form. */
export function editPage(view: View, track: Track, form: FormState): Content {
  const { t } = view;
  const value = (name: "title" | "artist" | "genre" | "description") =>
    form.values[name] ?? track[name];
  const chosen = form.values.visibility ?? track.visibility;
  const body = () => (
    <div class="narrow">
      <h1 class="page-title">{t.track.editTitle}</h1>
      <form class="form" method="post" action={`/tracks/${track.id}/edit`} data-swap>
        {form.problem && <FormError>{form.problem}</FormError>}
        <Field
          name="title"
          label={t.track.title}
          value={value("title")}
          error={form.errors.title}
          maxlength={200}
          required
        />
        <Field
          name="artist"
          label={t.track.artist}
          value={value("artist")}
          error={form.errors.artist}
          maxlength={200}
        />
        <Field
          name="genre"
          label={t.track.genre}
          value={value("genre")}
          error={form.errors.genre}
          maxlength={60}
        />
        <Field
          name="description"
          label={t.track.description}
          value={value("description")}
          error={form.errors.description}
          maxlength={5000}
          rows={6}
        />
        <fieldset class="choices">
          <legend>{t.track.visibility}</legend>
          {VISIBILITIES.map((choice) => (
            <label class="choice">
              <input type="radio" name="visibility" value={choice} checked={choice === chosen} />
              <span>
                {t.track.visibilities[choice]}
                <small>{t.track.visibilityHelp[choice]}</small>
              </span>
            </label>
          ))}
        </fieldset>
        <p class="acts">
          <button type="submit" class="button button-main">{t.track.save}</button>
          <a class="button" href={`/tracks/${track.id}`}>{t.track.cancel}</a>
        </p>
      </form>
    </div>
  );
  return {
    title: `${t.track.edit}: ${track.title}`,
    body,
    ...(form.problem && { status: 422 as const }),
  };
}
