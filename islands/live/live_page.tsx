/** The page of a stream: who is on air, one button to listen, and the chat beside it. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { LiveView } from "../../domain/live.ts";
import { Problem } from "../shared/api.ts";
import { AddressList } from "./address_list.tsx";
import * as ear from "./hearing.ts";
import { ListenPanel } from "./listen_panel.tsx";
import { LiveRoom, useLiveRoom } from "./live_chat.tsx";
import { fetchLive } from "./rest.ts";
import type { LiveStart } from "./start.ts";
import Starts from "./starts.tsx";
import { showStrip } from "./strip.tsx";
import { words } from "./words.ts";

/** How often it is asked how the stream is while one does not listen, in ms. */
const LOOK_MS = 4_000;

/** So long after its end a recording is waited for, in ms. */
const SOON_MS = 60 * 60_000;

/** The stream as it is now: told by its socket while one listens, else asked for. */
function useStream(start: LiveView) {
  const stream = useSignal(start);
  useEffect(() => {
    if (ear.heard.peek()?.id !== start.id) ear.status.value = ear.listeners.value = null;
    const look = async () => {
      try {
        stream.value = await fetchLive(start.id);
        if (ear.heard.peek()?.id === start.id) ear.status.value = stream.value.status;
      } catch (error) {
        if (!(error instanceof Problem)) throw error; // the next look may be luckier
      }
    };
    const timer = setInterval(() => {
      if (document.visibilityState === "hidden" || ear.mode.peek().kind === "socket") return;
      void look();
    }, LOOK_MS);
    // an end is told at once, and what it has become is asked for
    const follow = ear.status.subscribe((status) => {
      if (status !== "ended") return;
      stream.value = { ...stream.peek(), status, listeners: 0 };
      void look();
    });
    return () => {
      clearInterval(timer);
      follow();
    };
  }, [start.id]);
  const isHere = ear.heard.value?.id === start.id && ear.mode.value.kind === "socket";
  const { value } = stream;
  return {
    ...value,
    status: isHere ? ear.status.value ?? value.status : value.status,
    title: isHere ? ear.title.value : value.title,
    onAir: isHere ? ear.onAir.value ?? value.onAir : value.onAir,
    listeners: isHere ? ear.listeners.value ?? value.listeners : value.listeners,
    recordingTrackId: value.recordingTrackId ?? (isHere ? ear.recordingTrackId.value : null),
  };
}

/** What one gets to hear, before one decides to: the sound, from whom, and what is kept of it. */
function Gets({ stream: { status, onAir, host, sound, record } }: { stream: LiveView }) {
  const { page } = words();
  if (status === "ended") return null;
  const isOthers = onAir !== null && onAir.id !== host.id;
  const kbit = sound && sound.bitrate > 0 ? Math.round(sound.bitrate / 1_000) : null;
  return (
    <div class="live-gets">
      {isOthers && <p>{page.guestOnAir(onAir.displayName, host.displayName)}</p>}
      <p class="live-sound">
        {sound && <span>{page.sound(sound.channels, kbit)}</span>}
        {record && (
          <span class="live-recorded">
            {status === "idle" ? page.willBeRecorded : page.recorded}
          </span>
        )}
      </p>
    </div>
  );
}

function Invited({ stream: { id, host } }: { stream: LiveView }) {
  const { page } = words();
  return (
    <div class="live-invited" role="status">
      <p>{page.invited(host.displayName)}</p>
      <a class="button button-main" href={`/studio?stream=${id}`}>{page.invitedAct}</a>
    </div>
  );
}

function Ended({ stream, now }: { stream: LiveView; now: number }) {
  const { page } = words();
  const { record, recordingTrackId, recordingState, endedAt } = stream;
  // where nothing was kept, only the host is told: others are not to wait for it for ever
  const isSoon = record && recordingState !== "empty" && recordingState !== "failed" &&
    now - Date.parse(endedAt ?? "") < SOON_MS;
  return (
    <div class="live-ended">
      <p class="lead">{page.endedText}</p>
      {recordingTrackId
        ? <a class="button button-main" href={`/tracks/${recordingTrackId}`}>{page.recording}</a>
        : isSoon && <p class="quiet" role="status">{page.recordingSoon}</p>}
      <a class="button" href="/live">{page.more}</a>
    </div>
  );
}

export default function LivePage({ stream: start, room, threads, isMine, now }: LiveStart) {
  const { page, list, status: says } = words();
  const stream = useStream(start);
  const chat = useLiveRoom(room);
  const { status, host, scheduledAt, description, coHostId } = stream;
  const isHere = ear.heard.value?.id === stream.id;
  const isInvited = room.me !== null && status !== "ended" &&
    ((isHere ? ear.invited.value : null) ?? coHostId === room.me.id);
  const inBrowser = typeof document !== "undefined";
  useEffect(showStrip, []);
  const isOnAir = status === "live" || status === "reconnecting";
  return (
    <div class="live-page">
      <article class="live-main" aria-labelledby="live-title">
        <header class="live-head">
          <p class="live-state" data-status={status} role="status">
            <span class="live-lamp" data-on={isOnAir ? "" : undefined} />
            {says[status]}
            {isOnAir && <span class="live-count">{list.listeners(stream.listeners)}</span>}
          </p>
          <h1 class="live-title" id="live-title">{stream.title}</h1>
          <p class="live-host">
            <a href={`/@${host.username}`}>{host.displayName}</a>
          </p>
          <Gets stream={stream} />
        </header>
        {isInvited && <Invited stream={stream} />}
        {status === "ended" ? <Ended stream={stream} now={inBrowser ? Date.now() : now} /> : (
          <>
            {status === "idle" && (
              <p class="live-before">
                {scheduledAt && <Starts at={scheduledAt} now={inBrowser ? Date.now() : now} />}
                <span class="quiet">{page.waiting}</span>
              </p>
            )}
            <div class="needs-script">
              <ListenPanel
                stream={stream}
                threads={threads}
                chat={chat.model}
                isGuest={room.me === null}
                isMine={isMine}
              />
            </div>
            {ear.playing.value !== "" && isOnAir && (
              <p class="live-playing">
                <span class="label">{page.now}</span> {ear.playing.value}
              </p>
            )}
            {!inBrowser && (
              <noscript>
                <p class="quiet">{page.noScript}</p>
                <audio controls preload="none" src={`/live/${stream.id}/stream.mp3`} />
              </noscript>
            )}
          </>
        )}
        {isMine && status !== "ended" && (
          <p class="tools">
            <a class="button" href={`/studio?stream=${stream.id}`}>{page.manage}</a>
          </p>
        )}
        {description && (
          <section aria-labelledby="live-about">
            <h2 class="section-title" id="live-about">{page.about}</h2>
            <div class="prose">
              {description.split(/\n{2,}/).map((text) => <p key={text}>{text}</p>)}
            </div>
          </section>
        )}
        {status !== "ended" && (
          <details class="live-players">
            <summary>{page.players}</summary>
            <p class="quiet">{page.playersText}</p>
            <AddressList
              addresses={[
                { label: page.opus, text: stream.httpUrls.opus },
                { label: page.mp3, text: stream.httpUrls.mp3 },
                { label: page.playlist, text: stream.hlsUrl },
              ]}
            />
          </details>
        )}
      </article>
      <LiveRoom page={chat} />
    </div>
  );
}
