/** What listeners get, and where a program that sends connects to. */
import { useSignal } from "@preact/signals";
import type { LiveView } from "../../domain/live.ts";
import { AddressList } from "./address_list.tsx";
import { renewKey } from "./rest.ts";
import { useStudio } from "./studio_context.ts";
import { words } from "./words.ts";

/** The addresses of the stream. */
export function PagePanel() {
  const { stream, draft, prepare } = useStudio();
  const { studio, page } = words();
  const there = stream.value;
  return (
    <section class="unit" aria-labelledby="page-title">
      <h2 class="unit-title" id="page-title">{studio.page}</h2>
      {there
        ? (
          <>
            <p>
              <a class="link" href={`/live/${there.id}`} target="_blank">{studio.open_page}</a>
            </p>
            <AddressList
              addresses={[
                { label: page.opus, text: there.httpUrls.opus },
                { label: page.mp3, text: there.httpUrls.mp3 },
                { label: page.playlist, text: there.hlsUrl },
              ]}
            />
          </>
        )
        : (
          <>
            <p class="quiet">{studio.none}</p>
            <p class="acts">
              <button
                type="button"
                class="button"
                disabled={draft.value.title.trim() === ""}
                onClick={() => void prepare()}
              >
                {studio.make}
              </button>
              <span class="quiet">{studio.makeHelp}</span>
            </p>
          </>
        )}
    </section>
  );
}

/** What sends a file from a terminal. */
function commandOf({ url, user, key }: NonNullable<LiveView["encoder"]>): string {
  const { host, pathname } = new URL(url);
  const to = `icecast://${user}:${key}@${host}${pathname}`;
  return `ffmpeg -re -i music.flac -c:a libopus -b:a 128k -content_type application/ogg -f ogg ${to}`;
}

/** For BUTT, Mixxx and the like. */
export function ProgramPanel() {
  const { stream, attempt, say } = useStudio();
  const { studio } = words();
  const isShown = useSignal(false);
  const there = stream.value;
  if (!there?.encoder || there.status === "ended") return null;
  const { encoder: { url, user, key }, id } = there;
  return (
    <details class="unit">
      <summary class="unit-title">{studio.program}</summary>
      <p class="quiet">{studio.programText}</p>
      <AddressList
        addresses={[
          { label: studio.address, text: url },
          { label: studio.user, text: user },
          { label: studio.key, text: key, isHidden: !isShown.value },
          { label: "ffmpeg", text: commandOf(there.encoder), isHidden: !isShown.value },
        ]}
      />
      <p class="acts">
        <button
          type="button"
          class="button"
          aria-pressed={isShown.value}
          onClick={() => (isShown.value = !isShown.value)}
        >
          {isShown.value ? studio.hide : studio.show}
        </button>
        <button
          type="button"
          class="button"
          onClick={() =>
            void attempt(async () => {
              stream.value = await renewKey(id);
              say(studio.newKeyDone);
            })}
        >
          {studio.newKey}
        </button>
      </p>
    </details>
  );
}
