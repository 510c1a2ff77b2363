/** The menu of downloads: each format with what it is for, each bitrate with its size. */
import {
  type DownloadFormat,
  DOWNLOADS,
  estimateBytes,
  mayTake,
  offered,
} from "../../domain/downloads.ts";
import { formatBytes } from "../../domain/i18n/format.ts";
import type { Track } from "../../domain/tracks.ts";
import { Icon } from "../../islands/icons.tsx";
import type { View } from "./context.ts";

/** From what most people want to what few do. */
const ORDER: readonly DownloadFormat[] = ["mp3", "aac", "opus", "vorbis", "flac", "original"];

function Choice(
  { view, track, format, bitrate }: {
    view: View;
    track: Track & { source: NonNullable<Track["source"]> };
    format: DownloadFormat;
    bitrate: number | null;
  },
) {
  const { language } = view;
  const words = view.t.tools.download;
  const bytes = estimateBytes(format, bitrate, track.source, track.durationMs ?? 0, track.loudness);
  const size = formatBytes(bytes, language);
  const isOriginal = format === "original";
  const query = new URLSearchParams({ format, ...(bitrate && { bitrate: String(bitrate) }) });
  return (
    <li>
      <a href={`/tracks/${track.id}/download?${query}`} data-download data-no-swap rel="nofollow">
        <span class="take-rate">
          <span class="visually-hidden">{words.formats[format]},</span>
          {bitrate ?? (isOriginal ? words.asSent : words.lossless)}
          {bitrate !== null && <span class="visually-hidden">{words.unit}</span>}
        </span>
        <span class="take-size">
          {!isOriginal && <span class="visually-hidden">{words.about}</span>}
          {size}
        </span>
      </a>
    </li>
  );
}

/** Nothing where there is nothing to take. */
export function DownloadMenu({ view, track }: { view: View; track: Track }) {
  const { source } = track;
  const takes = mayTake(view.viewer, track);
  if (!source || takes === "nothing" || track.streamUrl === null) return null;
  const words = view.t.tools.download;
  const there = offered(source).filter((one) => takes === "all" || one !== "original");
  return (
    <details class="take">
      <summary class="button">
        <Icon name="download" />
        {words.open}
      </summary>
      <div class="take-hang">
        <div class="take-panel">
          <header class="take-head">
            <h2>{words.title}</h2>
            <button type="button" class="key" aria-label={view.t.keys.close} data-take-close>
              <Icon name="close" />
            </button>
          </header>
          <p class="take-state quiet" role="status" data-download-state />
          {ORDER.filter((format) => there.includes(format)).map((format) => {
            const { bitrates } = DOWNLOADS[format];
            return (
              <section class="take-format">
                <h3>
                  {words.formats[format]}
                  {bitrates.length > 0 && (
                    <span class="take-unit" aria-hidden="true">{words.unit}</span>
                  )}
                </h3>
                <p class="quiet">{words.notes[format]}</p>
                <ul>
                  {(bitrates.length > 0 ? bitrates.toReversed() : [null]).map((bitrate) => (
                    <Choice
                      view={view}
                      track={{ ...track, source }}
                      format={format}
                      bitrate={bitrate}
                    />
                  ))}
                </ul>
              </section>
            );
          })}
        </div>
      </div>
    </details>
  );
}
