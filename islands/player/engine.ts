/** The engine of playback: one audio element for the whole visit, driven by the queue. */
import { countPlay, fetchTrack } from "./client.ts";
import { lease } from "./lease.ts";
import { announceSession, bindSession } from "./media_session.ts";
import * as Q from "./queue.ts";
import { attach, type Attached } from "./source.ts";
import * as state from "./state.ts";

/** A play counts after this much was heard, in ms. */
const HEARD_MS = 5_000;
/** "Previous" within this much of the start goes back a track, in ms. */
const RESTART_MS = 3_000;

interface Engine {
  audio: HTMLAudioElement | null;
  attached: Attached | null;
  /** Which load is the latest: a slower earlier one must not win. */
  turn: number;
  heardMs: number;
  lastMs: number;
  counted: boolean;
}

const engine: Engine = {
  audio: null,
  attached: null,
  turn: 0,
  heardMs: 0,
  lastMs: 0,
  counted: false,
};

/** The element; made at first use, kept in the page so that tests and tools can find it. */
function element(): HTMLAudioElement {
  if (engine.audio) return engine.audio;
  const audio = document.createElement("audio");
  audio.id = "player-audio";
  audio.preload = "auto";
  audio.volume = state.volume.value;
  audio.muted = state.muted.value;
  document.body.append(audio);
  engine.audio = audio;
  audio.addEventListener("playing", () => (state.phase.value = "playing"));
  audio.addEventListener("waiting", () => {
    if (!audio.paused) state.phase.value = "waiting";
  });
  audio.addEventListener("pause", () => {
    if (!audio.ended && state.phase.value !== "loading") state.phase.value = "paused";
  });
  audio.addEventListener("durationchange", () => {
    if (Number.isFinite(audio.duration)) state.mediaDuration.value = audio.duration * 1000;
  });
  audio.addEventListener("timeupdate", () => heard(audio.currentTime * 1000));
  audio.addEventListener("ended", ended);
  follow(audio);
  bindSession({ play, pause, next, previous, seek });
  return audio;
}

/** Moves the playhead with each picture while it plays. */
function follow(audio: HTMLAudioElement): void {
  const step = () => {
    if (!audio.paused && !audio.seeking) state.position.value = audio.currentTime * 1000;
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}

function heard(ms: number): void {
  const passed = ms - engine.lastMs;
  engine.lastMs = ms;
  if (passed > 0 && passed < 1_500) engine.heardMs += passed;
  const id = state.trackId.value;
  if (engine.counted || !id || engine.heardMs < HEARD_MS) return;
  engine.counted = true;
  countPlay(id);
}

function ended(): void {
  const id = state.trackId.value;
  if (!engine.counted && id && engine.heardMs > 0) {
    engine.counted = true;
    countPlay(id);
  }
  if (Q.hasNext(state.queue.value)) next();
  else {
    state.phase.value = "paused";
    state.position.value = 0;
  }
}

/** Loads what the queue is at, and plays it from `startMs`. */
async function load(startMs = 0): Promise<void> {
  const turn = ++engine.turn;
  const audio = element();
  engine.attached?.stop();
  engine.attached = null;
  Object.assign(engine, { heardMs: 0, lastMs: startMs, counted: false });
  state.position.value = startMs;
  state.mediaDuration.value = 0;
  const wanted = state.track.value;
  if (!wanted) {
    state.phase.value = "empty";
    return;
  }
  state.phase.value = "loading";
  announceSession(wanted);
  const failed = (reason: string) => {
    if (turn !== engine.turn) return;
    console.warn(`Playback of ${wanted.id} stopped: ${reason}`);
    state.phase.value = "failed";
  };
  try {
    let track = wanted;
    // an address that ends may have ended: the queue outlives pages
    if (!track.streamUrl || track.urlsEndInMs !== null) {
      track = await fetchTrack(wanted.id);
      state.queue.value = Q.refresh(state.queue.value, track);
    }
    if (!track.streamUrl) throw new Error("it has no stream yet");
    if (turn !== engine.turn) return;
    const held = lease(track, () => fetchTrack(wanted.id));
    const attached = await attach(audio, track.streamUrl, held, () => state.position.value, failed);
    if (turn !== engine.turn) return attached.stop();
    engine.attached = attached;
    await audio.play().catch((error: unknown) => {
      // a pause or a newer load interrupts it, and the source tells of its own failures
      if (error instanceof DOMException && error.name === "AbortError") return;
      if (!(error instanceof DOMException && error.name === "NotAllowedError")) throw error;
      state.phase.value = "paused";
    });
  } catch (error) {
    if (turn === engine.turn) failed(error instanceof Error ? error.message : String(error));
  }
}

/**
 * Plays `track`, from `startMs` where it is given; what stands around it in `list` follows. A
 * track that is loaded goes on where it was.
 */
export function playTrack(
  track: Q.Playable,
  list: readonly Q.Playable[],
  startMs: number | null = null,
): void {
  if (state.trackId.value === track.id && engine.attached && state.phase.value !== "failed") {
    state.queue.value = Q.refresh(Q.playFrom(list, track), track);
    if (startMs !== null) seek(startMs);
    return play();
  }
  // a track restored from an earlier page load goes on where it was
  const from = startMs ?? (state.trackId.value === track.id ? state.position.value : 0);
  state.queue.value = Q.playFrom(list, track);
  void load(from);
}

export function play(): void {
  if (!state.track.value) return;
  if (!engine.attached || state.phase.value === "failed") return void load(state.position.value);
  state.phase.value = "loading";
  element().play().catch(() => (state.phase.value = "paused"));
}

export function pause(): void {
  element().pause();
  state.phase.value = "paused";
}

export const toggle = (): void => state.active.value ? pause() : play();

export function next(): void {
  if (!Q.hasNext(state.queue.value)) return;
  state.queue.value = Q.next(state.queue.value);
  void load();
}

/** Back to the start, or within its first seconds to the track before. */
export function previous(): void {
  if (state.position.value > RESTART_MS || !Q.hasPrevious(state.queue.value)) return seek(0);
  state.queue.value = Q.previous(state.queue.value);
  void load();
}

/** Plays the item at `index` of the queue. */
export function jump(index: number): void {
  state.queue.value = Q.jump(state.queue.value, index);
  void load();
}

/** Moves the playhead to `ms`. Before anything is loaded, playback will begin there. */
export function seek(ms: number): void {
  const to = Math.max(0, Math.min(ms, Math.max(0, state.duration.value - 50)));
  state.position.value = to;
  engine.lastMs = to;
  if (engine.attached) element().currentTime = to / 1000;
}

/** 0 to 1; anything above nothing also turns the sound on. */
export function setVolume(value: number): void {
  const set = Math.min(1, Math.max(0, value));
  state.volume.value = set;
  if (set > 0) state.muted.value = false;
  applyVolume();
}

export function toggleMute(): void {
  state.muted.value = !state.muted.value;
  applyVolume();
}

function applyVolume(): void {
  localStorage.setItem("veza.volume", String(state.volume.value));
  if (!engine.audio) return;
  engine.audio.volume = state.volume.value;
  engine.audio.muted = state.muted.value;
}
