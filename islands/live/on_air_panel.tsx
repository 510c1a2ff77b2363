/** The head of the studio: the lamp, the clock, the big button, and how it goes. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { formatTime } from "../../domain/i18n/format.ts";
import { sayProblem } from "../shared/api.ts";
import { saidDelay } from "./listen_panel.tsx";
import { codec, health, inputState, isBroadcasting, phase, sentBitrate } from "./on_air.ts";
import { RecordingLine } from "./recording_line.tsx";
import { useStudio } from "./studio_context.ts";
import { words } from "./words.ts";

/** A program that has sent nothing for so long is said to be silent, in ms. */
const SILENT_MS = 4_000;

function Clock({ since }: { since: string | null }) {
  const now = useSignal(0);
  useEffect(() => {
    const from = since === null ? null : Date.parse(since);
    const tick = () => void (now.value = from === null ? 0 : Math.max(0, Date.now() - from));
    tick();
    const timer = setInterval(tick, 250);
    return () => clearInterval(timer);
  }, [since]);
  return (
    <p class="studio-clock">
      <span class="visually-hidden">{words().studio.clock}</span>
      <time>{formatTime(now.value)}</time>
    </p>
  );
}

function Readout({ label, title, children }: {
  label: string;
  title?: string;
  children: ComponentChildren;
}) {
  return (
    <div class="readout" title={title}>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** How it goes: by what this tab knows of its own line, or by what has come to the server. */
function Readouts() {
  const { stats, stream, sender } = useStudio();
  const { studio } = words();
  const now = stats.value;
  const isFar = sender.value === "program" || sender.value === "elsewhere";
  const own = sender.value === "here" ? health.value : null;
  const isHeard = stream.value?.status === "live";
  const bitrate = isFar ? isHeard && now?.bitrate || 0 : own ? sentBitrate.value : 0;
  const leftOut = isFar ? now?.framesMissing ?? 0 : own?.droppedPackets ?? 0;
  return (
    <dl class="readouts">
      <Readout label={studio.listeners}>{stream.value?.listeners ?? 0}</Readout>
      <Readout label={isFar ? studio.given : studio.sending}>
        {studio.rate(Math.round(bitrate / 1_000))}
      </Readout>
      <Readout label={studio.dropped} title={isFar ? studio.missingHelp : studio.droppedHelp}>
        <span data-bad={leftOut > 0 ? "" : undefined}>{leftOut}</span>
      </Readout>
      {isFar
        ? (
          <>
            <Readout label={studio.most}>{now?.peakListeners ?? 0}</Readout>
            <Readout label={studio.format}>
              {now?.codec ? studio.sent(now.codec, now.channels) : "–"}
            </Readout>
          </>
        )
        : (
          <>
            <Readout label={studio.waiting}>{saidDelay(own?.waitingMs ?? 0)}</Readout>
            <Readout label={studio.breaks}>{own?.breaks ?? 0}</Readout>
          </>
        )}
    </dl>
  );
}

/** A program that is connected, and whether anything comes from it. */
function ProgramSaid() {
  const { stats } = useStudio();
  const { studio } = words();
  const { codec = null, channels = null, silentMs = null } = stats.value ?? {};
  const isSilent = silentMs !== null && silentMs > SILENT_MS;
  return (
    <p class="studio-said" role="status">
      <span data-bad={isSilent ? "" : undefined}>
        {isSilent
          ? studio.programSilent
          : codec
          ? studio.programSends(studio.sent(codec, channels))
          : studio.encoderOnAir}
      </span>
    </p>
  );
}

/** Ending is for good, so it is asked once more; the answer that keeps it has the focus. */
function EndButton() {
  const { end } = useStudio();
  const { studio } = words();
  const dialog = useRef<HTMLDialogElement>(null);
  return (
    <>
      <button type="button" class="button studio-end" onClick={() => dialog.current?.showModal()}>
        {studio.end}
      </button>
      <dialog class="help studio-ask" ref={dialog} aria-labelledby="end-ask">
        <p id="end-ask">{studio.endAsk}</p>
        <form class="acts" method="dialog">
          <button type="submit" class="button button-main" autofocus>{studio.endNo}</button>
          <button class="button" type="submit" value="end" onClick={() => void end()}>
            {studio.endYes}
          </button>
        </form>
      </dialog>
    </>
  );
}

function Said() {
  const { problem, stream, sender, isOwner, start } = useStudio();
  const { studio } = words();
  const now = phase.value;
  const { status, onAir = null, title = "" } = stream.value ?? {};
  const isLost = now.kind === "failed" &&
    (now.why === "handed_over" || now.why === "forbidden" && !isOwner.value);
  if (isLost && problem.value === null) {
    const isTaken = now.why === "handed_over" && onAir !== null && onAir.id !== start.me.id;
    return (
      <p class="studio-said" role="status">
        {isTaken
          ? studio.handedOver(onAir.displayName)
          : now.why === "forbidden"
          ? studio.wasWithdrawn
          : sayProblem(now.why)}
      </p>
    );
  }
  const text = problem.value ??
    (now.kind === "failed"
      ? now.why === "no_encoder" || now.why === "encoder"
        ? studio.failed[now.why]
        : sayProblem(now.why)
      : null);
  if (text !== null) return <p class="form-error" role="alert">{text}</p>;
  if (now.kind === "reconnecting") {
    return <p class="studio-said" role="status">{studio.reconnecting}</p>;
  }
  if (sender.value === "program") {
    if (status === "live") return <ProgramSaid />;
    return <p class="studio-said" role="status">{studio.programAway}</p>;
  }
  if (now.kind === "off" && (status === "live" || status === "reconnecting")) {
    const isOthers = onAir !== null && onAir.id !== start.me.id;
    return (
      <p class="studio-said" role="status">
        {isOthers ? studio.takeOverText(onAir.displayName) : studio.resumeText(title)}
      </p>
    );
  }
  if (isBroadcasting.value && codec.value === "chunks") {
    return <p class="studio-said" role="status">{studio.chunks}</p>;
  }
  return null;
}

function Over() {
  const { stream, another } = useStudio();
  const { studio } = words();
  return (
    <div class="studio-over">
      <p class="lead" role="status">{studio.over}</p>
      {stream.value?.record && <RecordingLine />}
      <p class="acts">
        <button type="button" class="button button-main" onClick={another}>{studio.another}</button>
        <a class="button" href={`/live/${stream.value?.id}`} target="_blank">{studio.open_page}</a>
      </p>
    </div>
  );
}

export function OnAirPanel() {
  const { stream, room, draft, goLive, sender, isOwner, maySend, handBack, start } = useStudio();
  const { studio, page: { chat: toChat } } = words();
  const { kind } = phase.value;
  const status = stream.value?.status ?? "idle";
  const isOwn = isBroadcasting.value;
  const isOnAir = status === "live" || status === "reconnecting" || kind === "onAir";
  const isAway = kind === "reconnecting" || status === "reconnecting" && kind !== "onAir";
  const lamp = isOnAir && !isAway ? "" : undefined;
  const { host, onAir = null } = stream.value ?? {};
  const isOthers = onAir !== null && onAir.id !== start.me.id;
  const byProgram = sender.value === "program" && status === "live";
  if (status === "ended") return <Over />;
  const lacks = inputState.value !== "open"
    ? studio.goHelp
    : draft.value.title.trim() === ""
    ? studio.goTitle
    : null;
  return (
    <section class="studio-head" data-on={lamp} aria-label={studio.onAir}>
      <p class="studio-lamp" role="status">
        <span class="live-lamp" data-on={lamp} />
        {kind === "starting"
          ? studio.going
          : isAway
          ? studio.away
          : isOnAir
          ? studio.onAir
          : studio.offAir}
      </p>
      <Clock since={isOnAir ? stream.value?.startedAt ?? null : null} />
      <div class="studio-acts">
        {!isOwn && !byProgram && maySend.value && (
          <button
            type="button"
            class="button button-main studio-go"
            disabled={lacks !== null}
            aria-describedby={lacks === null ? undefined : "go-help"}
            onClick={() => void goLive()}
          >
            {isOthers
              ? isOwner.value ? studio.takeBack : studio.takeOver
              : isOnAir
              ? studio.resume
              : studio.go}
          </button>
        )}
        {isOnAir && isOwner.value && <EndButton />}
        {isOwn && !isOwner.value && host && (
          <>
            <button
              type="button"
              class="button studio-end"
              aria-describedby="back-help"
              onClick={handBack}
            >
              {studio.handBack}
            </button>
            <p class="quiet" id="back-help">{studio.handBackHelp(host.displayName)}</p>
          </>
        )}
        {!isOwn && !byProgram && maySend.value && lacks !== null && (
          <p class="quiet" id="go-help">{lacks}</p>
        )}
      </div>
      <Said />
      {stream.value && <RecordingLine />}
      <Readouts />
      {room.value && (
        <p class="studio-to-chat">
          <a class="link" href="#live-chat-title" data-no-swap>{toChat}</a>
        </p>
      )}
    </section>
  );
}
