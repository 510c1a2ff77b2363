/** The browser's own player, for where there is no script: HLS where the browser knows it, else MP3. */
import { mayTake } from "../../domain/downloads.ts";
import type { Track } from "../../domain/tracks.ts";
import type { View } from "./context.ts";

export function PlainPlayer({ view, track }: { view: View; track: Track }) {
  if (track.streamUrl === null) return null;
  const { t } = view;
  // made when it is first asked for: until then the link says how it goes, and the player is silent
  const mp3 = mayTake(view.viewer, track) !== "nothing" &&
    `/tracks/${track.id}/download?format=mp3&bitrate=192`;
  return (
    <noscript>
      <p class="quiet">{t.track.noScript}</p>
      <audio controls preload="none">
        <source src={track.streamUrl} type="application/vnd.apple.mpegurl" />
        {mp3 && <source src={mp3} type="audio/mpeg" />}
      </audio>
      {mp3 && (
        <p class="quiet">
          <a href={mp3} rel="nofollow">{t.tools.download.silent}</a>
        </p>
      )}
    </noscript>
  );
}
