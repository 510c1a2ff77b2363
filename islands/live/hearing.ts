/** Listening to a live stream: by socket with little delay, else by HLS; it outlives its page. */
import { batch, computed, signal } from "@preact/signals";
import { SAMPLE_RATE } from "../../domain/live_frames.ts";
import type { LiveStatus } from "../../domain/live.ts";
import type { HostName } from "../../domain/live_news.ts";
import type { ErrorCode } from "../../domain/errors.ts";
import * as player from "../player/engine.ts";
import { active as playerActive } from "../player/state.ts";
import type { Threads } from "./capture.ts";
import { hearHls, type HlsHearing } from "./hls_hearing.ts";
import type { BufferHealth } from "./jitter_buffer.ts";
import type { Begun, Told } from "./listener.ts";
import type { FromListener, ToListener } from "./messages.ts";
import { isSideOpen, sideLine } from "./side_line.ts";

/** What is listened to. */
export interface Heard {
  readonly id: string;
  readonly title: string;
  readonly hlsUrl: string;
}

/** Why it is heard by HLS: the browser lacks what the socket needs, the line, or the machine. */
export type HlsReason = "browser" | "line" | "slow" | "chosen";

export type Mode =
  | { readonly kind: "off" }
  | { readonly kind: "starting"; readonly by: "socket" | "hls" }
  | { readonly kind: "socket" }
  | { readonly kind: "hls"; readonly why: HlsReason }
  | { readonly kind: "failed"; readonly code: ErrorCode | null };

export const mode = signal<Mode>({ kind: "off" });
/** What one listens to, or did last. */
export const heard = signal<Heard | null>(null);
/** How late one hears, from the host's microphone to the loudspeaker, in ms; null: not known. */
export const latencyMs = signal<number | null>(null);
export const bufferHealth = signal<BufferHealth | null>(null);
export const status = signal<LiveStatus | null>(null);
export const listeners = signal<number | null>(null);
/** What is played now, as the host's program tells it. */
export const playing = signal("");
export const title = signal("");
/** Who is on air; null: nobody has begun since one listens. */
export const onAir = signal<HostName | null>(null);
/** One's own raised hand: 1 is next, 0: it is down. */
export const handPlace = signal(0);
/** Whether one may take over from the host; null: nothing was told. */
export const invited = signal<boolean | null>(null);
export const volume = signal(1);
/** The track that the recording has become. */
export const recordingTrackId = signal<string | null>(null);
/** Called with each sign that floats by. */
export const onReaction = new Set<(emoji: string) => void>();

export const isHearing = computed(() => {
  const { kind } = mode.value;
  return kind === "starting" || kind === "socket" || kind === "hls";
});

/** Whether a sign or a hand reaches the others: by the line of the sound, or by one beside HLS. */
export const maySay = computed(() => {
  const { kind } = mode.value;
  return kind === "socket" || kind === "hls" && isSideOpen.value;
});

/** Tries of the line before HLS is taken, and how long they may take, in ms. */
const TRIES_MOST = 3;
const PATIENCE_MS = 6_000;
/** So many gaps within so many ms, and the socket's way is too much for line or machine. */
const GAPS_MOST = 20;
const GAPS_MS = 15_000;

interface Ear {
  context: AudioContext | null;
  /** Everything that is heard goes through it. */
  out: GainNode | null;
  analyser: AnalyserNode | null;
  worker: Worker | null;
  node: AudioWorkletNode | null;
  hls: HlsHearing | null;
  side: ReturnType<typeof sideLine> | null;
  threads: Threads | null;
  patience: ReturnType<typeof setTimeout> | undefined;
  gaps: { atMs: number; dry: number };
  turn: number;
  stopFollowing: () => void;
}
const ear: Ear = {
  context: null,
  out: null,
  analyser: null,
  worker: null,
  node: null,
  hls: null,
  side: null,
  threads: null,
  patience: undefined,
  gaps: { atMs: 0, dry: 0 },
  turn: 0,
  stopFollowing: () => {},
};

/** The part of all sound where its level is looked at; null while nothing is heard. */
export const analyser = (): AnalyserNode | null => isHearing.peek() ? ear.analyser : null;

/** Whether packets can be decoded and played here, and not only files. */
async function canSocket(): Promise<boolean> {
  if (typeof AudioDecoder === "undefined" || typeof AudioWorkletNode === "undefined") return false;
  const config = { codec: "opus", sampleRate: SAMPLE_RATE, numberOfChannels: 2 };
  return (await AudioDecoder.isConfigSupported(config)).supported === true;
}

/** Opens the way out; by a gesture of a person, or it stays silent. */
function output(): { context: AudioContext; out: GainNode } {
  if (!ear.context || !ear.out) {
    const context = new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: "interactive" });
    const out = context.createGain();
    const analyser = context.createAnalyser();
    analyser.fftSize = 2_048;
    out.connect(analyser);
    out.connect(context.destination);
    // a telephone call, or another program that takes the device, pauses it: on with it after that
    context.addEventListener("statechange", () => {
      if (isHearing.peek() && context.state !== "running") void context.resume();
    });
    Object.assign(ear, { context, out, analyser });
  }
  void ear.context?.resume();
  return { context: ear.context!, out: ear.out! };
}

/** Begins to listen; what plays in the player is paused. */
export async function listen(
  stream: Heard,
  threads: Threads,
  by: "socket" | "hls" = "socket",
): Promise<void> {
  stop();
  const turn = ++ear.turn;
  if (playerActive.peek()) player.pause();
  ear.stopFollowing = playerActive.subscribe((plays) => {
    if (plays) stop();
  });
  ear.threads = threads;
  batch(() => {
    heard.value = stream;
    onAir.value = invited.value = null;
    title.value = stream.title;
    playing.value = ""; // of the stream before
    mode.value = { kind: "starting", by };
  });
  const { context } = output();
  setVolume(volume.peek());
  if (by === "hls") return await fallBack("chosen");
  let isReady = false;
  try {
    isReady = await canSocket();
    if (isReady) await context.audioWorklet.addModule(threads.playout);
  } catch (error) {
    isReady = false;
    console.warn(`The way by socket is not open: ${error}`);
  }
  if (turn !== ear.turn) return;
  if (!isReady) return await fallBack("browser");
  startSocket(stream, threads, turn);
}

function startSocket(stream: Heard, threads: Threads, turn: number): void {
  const { context, out } = output();
  const node = new AudioWorkletNode(context, "playout", {
    numberOfInputs: 0,
    outputChannelCount: [2],
  });
  node.connect(out);
  const { port1, port2 } = new MessageChannel();
  node.port.postMessage(port1, [port1]);
  const worker = new Worker(threads.listen, { type: "module" });
  Object.assign(ear, { node, worker, gaps: { atMs: performance.now(), dry: 0 } });
  worker.onmessage = ({ data }: MessageEvent<FromListener>) => turn === ear.turn && take(data);
  worker.onerror = ({ message }) => {
    console.warn(`The thread that listens has failed: ${message}`);
    void fallBack("browser");
  };
  const address = `${location.origin.replace(/^http/, "ws")}/ws/live/${stream.id}/listen`;
  const start: ToListener = { kind: "start", address, port: port2 };
  worker.postMessage(start, [port2]);
  ear.patience = setTimeout(() => {
    if (turn === ear.turn && mode.peek().kind === "starting") void fallBack("line");
  }, PATIENCE_MS);
}

function take(message: FromListener): void {
  switch (message.kind) {
    case "state": {
      const { state } = message;
      if (state.kind !== "open") handPlace.value = 0; // it goes down with the line
      if (state.kind === "ended" && state.code !== null) {
        if (state.code === "stream_ended") status.value = "ended";
        end({ kind: "failed", code: state.code });
      } else if (state.kind === "waiting" && state.failures >= TRIES_MOST) void fallBack("line");
      return;
    }
    case "begun":
      clearTimeout(ear.patience);
      begun(message.begun);
      mode.value = { kind: "socket" };
      return;
    case "told":
      if (message.told.kind === "status" && mode.peek().kind === "starting") {
        // the line is good: there is just nobody on air
        clearTimeout(ear.patience);
        mode.value = { kind: "socket" };
      }
      return tell(message.told);
    case "health":
      return measured(message.health, message.latencyMs);
    case "failed":
      console.warn(`The decoder has failed: ${message.reason}`);
      return void fallBack("browser");
    default:
      message satisfies never;
  }
}

function begun(now: Begun): void {
  title.value = now.title;
  onAir.value = now.host;
  status.value = "live"; // where that is not all of it, it is told next
}

function tell(told: Told): void {
  switch (told.kind) {
    case "status":
      status.value = told.status;
      // by HLS the last seconds are still to come
      if (told.status === "ended" && !ear.hls) end({ kind: "off" });
      return;
    case "title":
      return void (title.value = told.title);
    case "playing":
      return void (playing.value = told.text);
    case "listeners":
      return void (listeners.value = told.count);
    case "reaction":
      for (const hear of onReaction) hear(told.emoji);
      return;
    case "hand":
      return void (handPlace.value = told.place);
    case "invited":
      return void (invited.value = told.invited);
    case "recording":
      return void (recordingTrackId.value = told.trackId);
    default:
      told satisfies never;
  }
}

/** What the sound card still holds, in ms. */
const outputMs = () =>
  ((ear.context?.baseLatency ?? 0) + (ear.context?.outputLatency ?? 0)) * 1_000;

function measured(health: BufferHealth, capturedAgoMs: number | null): void {
  const now = performance.now();
  batch(() => {
    bufferHealth.value = health;
    latencyMs.value = capturedAgoMs === null ? null : Math.max(0, capturedAgoMs + outputMs());
  });
  if (status.peek() !== "live" || now - ear.gaps.atMs > GAPS_MS) {
    ear.gaps = { atMs: now, dry: health.dry };
  } else if (health.dry - ear.gaps.dry > GAPS_MOST) void fallBack("slow");
}

/** Goes on by HLS, which takes longer and bears more. */
async function fallBack(why: HlsReason): Promise<void> {
  const stream = heard.peek();
  if (!stream || mode.peek().kind === "hls") return;
  letGoOfSocket();
  const turn = ++ear.turn;
  mode.value = why === "chosen" || why === "browser"
    ? { kind: "starting", by: "hls" }
    : { kind: "hls", why };
  batch(() => {
    latencyMs.value = null;
    bufferHealth.value = null;
  });
  const { context, out } = output();
  try {
    const hls = await hearHls({
      url: stream.hlsUrl,
      context,
      out,
      onLatency: (ms) => turn === ear.turn && void (latencyMs.value = ms),
      onFailed: (reason) => {
        console.warn(`HLS of ${stream.id} stopped: ${reason}`);
        if (turn === ear.turn) end({ kind: "failed", code: null });
      },
      onEnded: () => turn === ear.turn && end({ kind: "off" }),
    });
    if (turn !== ear.turn) return hls.stop();
    ear.hls = hls;
    mode.value = { kind: "hls", why };
    ear.side = sideLine({
      streamId: stream.id,
      onBegun: begun,
      onTold: tell,
      onLost: () => void (handPlace.value = 0),
    });
  } catch (error) {
    console.warn(`HLS of ${stream.id} did not begin: ${error}`);
    if (turn === ear.turn) end({ kind: "failed", code: null });
  }
}

function letGoOfSocket(): void {
  clearTimeout(ear.patience);
  const { worker, node } = ear;
  Object.assign(ear, { worker: null, node: null });
  worker?.postMessage({ kind: "stop" } satisfies ToListener);
  node?.port.postMessage("stop");
  node?.disconnect();
}

function end(next: Mode): void {
  ear.turn++;
  ear.stopFollowing();
  ear.stopFollowing = () => {};
  letGoOfSocket();
  handPlace.value = 0;
  ear.hls?.stop();
  ear.side?.close();
  ear.hls = ear.side = null;
  void ear.context?.suspend();
  batch(() => {
    mode.value = next;
    latencyMs.value = null;
    bufferHealth.value = null;
  });
}

export const stop = (): void => {
  if (mode.peek().kind !== "off") end({ kind: "off" });
};

/** 0 to 1. */
export function setVolume(value: number): void {
  volume.value = value;
  if (ear.out && ear.context) ear.out.gain.setTargetAtTime(value, ear.context.currentTime, 0.01);
}

function say(action: string, data: object): void {
  const said = { type: "live", action, data };
  if (ear.side) ear.side.say(said);
  else ear.worker?.postMessage({ kind: "say", said } satisfies ToListener);
}

/** Sends a sign that floats by at everybody's. */
export const react = (emoji: string): void => say("react", { emoji });

/** Asks for the host's attention, or no more; `handPlace` follows when the server says so. */
export const raiseHand = (isUp: boolean): void => say("hand", { raised: isUp });
