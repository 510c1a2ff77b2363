/** The live page's own instrument: one button to listen, how late one hears, and by which way. */
import { words } from "./words.ts";
import { Icon } from "../icons.tsx";
import { sayProblem } from "../shared/api.ts";
import { language } from "../shared/words.ts";
import type { RoomModel } from "../chat/room_model.ts";
import type { Threads } from "./capture.ts";
import * as ear from "./hearing.ts";
import { HandButton } from "./hand_button.tsx";
import { Reactions } from "./reactions.tsx";
import { Scope } from "./scope.tsx";
import type { LiveView } from "../../domain/live.ts";

/** Under a second in ms, beyond in seconds. */
export function saidDelay(ms: number): string {
  const unit = (value: number, name: "millisecond" | "second", digits: number) =>
    new Intl.NumberFormat(language(), {
      style: "unit",
      unit: name,
      unitDisplay: "short",
      maximumFractionDigits: digits,
    }).format(value);
  return ms < 1_000 ? unit(Math.round(ms), "millisecond", 0) : unit(ms / 1_000, "second", 1);
}

/** The way the sound takes and how late it is: "WebSocket, 45 ms late". */
function Way() {
  const { page } = words();
  const mode = ear.mode.value;
  if (mode.kind !== "socket" && mode.kind !== "hls") return null;
  const late = ear.latencyMs.value;
  const health = ear.bufferHealth.value;
  return (
    <p class="live-way">
      <span class="live-mode">{mode.kind === "socket" ? page.socket : page.hls}</span>
      <span class="live-late">{late === null ? page.measuring : page.late(saidDelay(late))}</span>
      {mode.kind === "socket" && health && (
        <span class="live-buffer" title={page.gaps(health.dry)}>
          {page.buffer(saidDelay(health.bufferedMs))}
        </span>
      )}
    </p>
  );
}

function Notice({ again }: { again: (by: "socket" | "hls") => void }) {
  const { page } = words();
  const mode = ear.mode.value;
  if (mode.kind === "hls") {
    return (
      <p class="live-notice" role="status">
        <span>{page.why[mode.why]}</span>
        {mode.why !== "browser" && (
          <button
            type="button"
            class="link"
            onClick={() => again("socket")}
          >
            {page.sooner}
          </button>
        )}
      </p>
    );
  }
  if (mode.kind === "failed") {
    return (
      <p class="live-notice" role="alert">
        <span>{mode.code === null ? page.failed : sayProblem(mode.code)}</span>
        <button type="button" class="link" onClick={() => again("socket")}>{page.retry}</button>
      </p>
    );
  }
  if (mode.kind !== "socket") return null;
  return (
    <p class="live-notice">
      <button
        type="button"
        class="link"
        title={page.steadierHelp}
        onClick={() => again("hls")}
      >
        {page.steadier}
      </button>
    </p>
  );
}

export function ListenPanel(
  { stream, threads, chat, isGuest, isMine }: {
    stream: LiveView;
    threads: Threads;
    chat: Pick<RoomModel, "info" | "refused">;
    isGuest: boolean;
    isMine: boolean;
  },
) {
  const { page } = words();
  const isHere = ear.heard.value?.id === stream.id;
  const isOn = isHere && ear.isHearing.value;
  const isStarting = isHere && ear.mode.value.kind === "starting";
  const begin = (by: "socket" | "hls") => {
    const { id, title } = stream;
    void ear.listen({ id, title, hlsUrl: `/live/${id}/index.m3u8` }, threads, by);
  };
  const label = isStarting
    ? page.starting
    : isOn
    ? page.stop
    : stream.status === "idle"
    ? page.wait
    : page.listen;
  // who may not write in the chat gives no sign either: the server refuses it
  const isHeard = chat.info.value.mayWrite && chat.refused.value !== "room_banned";
  const mayAct = !isGuest && isOn && ear.maySay.value && isHeard;
  return (
    <div class="live-listen" data-on={isOn ? "" : undefined}>
      {(isOn || stream.status !== "idle") && (
        <Scope analyser={() => ear.heard.peek()?.id === stream.id ? ear.analyser() : null} />
      )}
      <Reactions
        streamId={stream.id}
        isOpen={!isGuest && (stream.status === "live" || stream.status === "reconnecting")}
        mayReact={mayAct}
      />
      <div class="live-controls">
        <button
          type="button"
          class="button button-main live-button"
          aria-pressed={isOn}
          aria-busy={isStarting}
          onClick={() => isOn ? ear.stop() : begin("socket")}
        >
          <Icon name={isOn ? "pause" : "play"} solid />
          <span>{label}</span>
        </button>
        {isOn && (
          <label class="live-volume">
            <Icon name="sound" />
            <span class="visually-hidden">{page.volume}</span>
            <input
              type="range"
              min="0"
              max="1"
              step="0.05"
              value={ear.volume.value}
              onInput={({ currentTarget }) => ear.setVolume(Number(currentTarget.value))}
            />
          </label>
        )}
        {isHere && <Way />}
      </div>
      {mayAct && !isMine && (stream.status === "live" || stream.status === "reconnecting") && (
        <HandButton />
      )}
      {isHere && <Notice again={begin} />}
    </div>
  );
}
