/** A track's page: its waveform first, then its words, then its data. */
import type { ComponentChildren } from "preact";
import { formatBytes, formatDate, formatHertz, formatLevel } from "../../domain/i18n/format.ts";
import type { LiveReplay } from "../../domain/live_replay.ts";
import { mayDelete, mayEdit, type Track, VISIBILITIES } from "../../domain/tracks.ts";
import { Icon } from "../../islands/icons.tsx";
import { Cover, coverAt } from "../../islands/tracks/cover.tsx";
import ReplayChat from "../../islands/tracks/replay_chat.tsx";
import { toRow } from "../../islands/tracks/track_list.tsx";
import type { View } from "./context.ts";
import { DownloadMenu } from "./download_menu.tsx";
import { Island } from "./island.tsx";
import { Stage } from "./parts.tsx";
import { PlainPlayer } from "./plain_player.tsx";
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

/** Who can hear it, changed where it stands; without script by a button. */
function VisibilityTool({ view, track }: { view: View; track: Track }) {
  const { t } = view;
  return (
    <form class="who" method="post" action={`/tracks/${track.id}/visibility`} data-swap>
      <label class="visually-hidden" for="track-visibility">{t.track.visibility}</label>
      <select
        id="track-visibility"
        name="visibility"
        data-visibility
        data-track={track.id}
        data-was={track.visibility}
        autocomplete="off"
      >
        {VISIBILITIES.map((choice) => (
          <option value={choice} selected={choice === track.visibility}>
            {t.track.visibilities[choice]}
          </option>
        ))}
      </select>
      <button type="submit" class="button without-script">{t.tools.visibility.set}</button>
    </form>
  );
}

function OwnerTools({ view, track }: { view: View; track: Track }) {
  const { t, viewer } = view;
  const edit = mayEdit(viewer, track);
  if (!edit && !mayDelete(viewer, track)) return null;
  return (
    <>
      {edit
        ? <VisibilityTool view={view} track={track} />
        : track.visibility !== "public" && (
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
    </>
  );
}

/** That it was live, when, and where that was. */
function RecordedLive({ view, replay }: { view: View; replay: LiveReplay }) {
  const { t, now, language } = view;
  const { startedAt, streamId } = replay;
  return (
    <p class="track-live">
      <Icon name="live" />
      <span>
        {t.replay.recorded} <time dateTime={startedAt}>{formatDate(startedAt, now, language)}</time>
      </span>
      <a class="link" href={`/live/${streamId}`}>{t.replay.stream}</a>
    </p>
  );
}

/** @param replay the chat of the stream that it is the recording of */
export function trackPage(view: View, track: Track, replay: LiveReplay | null = null): Content {
  const { t } = view;
  const title = `${track.title} ${t.track.by} ${track.artist}`;
  const body = () => (
    <article class="track">
      <Stage view={view} track={track} heading="h1" />
      <PlainPlayer view={view} track={track} />
      {replay && <RecordedLive view={view} replay={replay} />}
      {replay && replay.items.length > 0 && (
        <Island
          name="replay-chat"
          source="islands/tracks/replay_chat.tsx"
          of={ReplayChat}
          props={{ track: toRow(track), replay }}
        />
      )}
      <div class={track.coverUrl ? "track-below has-cover" : "track-below"}>
        {track.coverUrl && <Cover url={track.coverUrl} px={224} class="track-cover" />}
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
        <div class="tools">
          <DownloadMenu view={view} track={track} />
          <OwnerTools view={view} track={track} />
        </div>
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
    title,
    description: track.description.slice(0, 200) ||
      `${title}. ${t.track.plays(track.playCount)}.`,
    body,
    noIndex: track.visibility !== "public",
    // what others show of a page, they keep: only what is for everyone
    ...(track.visibility === "public" && {
      share: {
        type: "music.song",
        path: `/tracks/${track.id}`,
        ...(track.coverUrl && { image: coverAt(track.coverUrl, 512) }),
      },
    }),
  };
}
