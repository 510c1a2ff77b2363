/** The host's broadcast: input, encoder and line. It outlives the page of the studio. */
import { batch, computed, signal } from "@preact/signals";
import { type ErrorCode, ERRORS } from "../../domain/errors.ts";
import { Problem } from "../shared/api.ts";
import { type Capture, capture, type Threads } from "./capture.ts";
import { canEncode, samplesOf } from "./encoding.ts";
import { type InputChoice, InputError, type InputFault, openInput } from "./input.ts";
import type { Encoding, FromPublisher, ToPublisher } from "./messages.ts";
import { Needle } from "./meter.ts";
import { forget, keep } from "./kept.ts";
import type { Declared, PublisherHealth } from "./publisher.ts";
import { chunkType, recordChunks } from "./recorder_chunks.ts";
import { fetchStats } from "./rest.ts";

/** Where the broadcast stands. `failed`: it is over, and why; `no_encoder`: this browser cannot. */
export type Phase =
  | { readonly kind: "off" }
  | { readonly kind: "starting" | "onAir" | "reconnecting"; readonly streamId: string }
  | {
    readonly kind: "failed";
    readonly streamId: string;
    readonly why: ErrorCode | "no_encoder" | "encoder";
  };

export const phase = signal<Phase>({ kind: "off" });
export const health = signal<PublisherHealth | null>(null);
/** Bits a second that went out over the last seconds. */
export const sentBitrate = signal(0);
/** "chunks": without WebCodecs. */
export const codec = signal<"opus" | "chunks">("opus");
export const inputState = signal<"closed" | "opening" | "open" | InputFault>("closed");
/** What the system calls the input that is open. */
export const inputName = signal("");
/** Left and right. */
export const needles = [new Needle(), new Needle()] as const;

/** Something goes out, or will again: leaving the page would end it. */
export const isBroadcasting = computed(() => {
  const { kind } = phase.value;
  return kind === "starting" || kind === "onAir" || kind === "reconnecting";
});

interface Desk {
  capture: Capture | null;
  worker: Worker | null;
  encoding: Encoding | null;
  stopRecording: () => void;
  /** Which opening of an input is the latest. */
  turn: number;
  /** What was sent, a quarter of a second apart. */
  sent: { atMs: number; bytes: number }[];
}
const desk: Desk = {
  capture: null,
  worker: null,
  encoding: null,
  stopRecording: () => {},
  turn: 0,
  sent: [],
};

/** The bitrate is told over this long, in ms. */
const RATE_MS = 3_000;

const tell = (message: ToPublisher, transfer: Transferable[] = []) =>
  desk.worker?.postMessage(message, transfer);

/** Opens an input in place of the one before; a broadcast goes on with it. */
export async function useInput(choice: InputChoice, threads: Threads): Promise<void> {
  const turn = ++desk.turn;
  inputState.value = "opening";
  let opened: Capture | null = null;
  try {
    const stream = await openInput(choice);
    if (turn !== desk.turn) return stream.getTracks().forEach((track) => track.stop());
    opened = await capture({
      stream,
      channels: choice.channels,
      script: threads.capture,
      onLevels({ peaks }) {
        const now = performance.now();
        needles.forEach((needle, n) => needle.heard(peaks[n] ?? peaks[0] ?? 0, now));
      },
      onEnded: () => turn === desk.turn && void (inputState.value = "none"),
    });
    if (turn !== desk.turn) return await opened.stop();
    const before = desk.capture;
    desk.capture = opened;
    if (desk.worker) connectInput();
    await before?.stop();
    batch(() => {
      inputState.value = "open";
      inputName.value = stream.getAudioTracks()[0]?.label ?? "";
    });
  } catch (error) {
    await opened?.stop();
    if (turn !== desk.turn) return;
    inputState.value = error instanceof InputError ? error.fault : "failed";
    if (!(error instanceof InputError)) throw error;
  }
}

/** Closes the input, unless something goes out. */
export async function closeInput(): Promise<void> {
  if (isBroadcasting.peek()) return;
  desk.turn++;
  const before = desk.capture;
  desk.capture = null;
  inputState.value = "closed";
  await before?.stop();
}

function connectInput(): void {
  if (!desk.capture) return;
  if (codec.peek() === "chunks") return recordAnew();
  const { port1, port2 } = new MessageChannel();
  desk.capture.to(port1);
  tell({ kind: "input", port: port2 }, [port2]);
}

/** Each connection begins with a recording of its own: the first chunk says how to read the rest. */
function recordAnew(): void {
  desk.stopRecording();
  const { capture, encoding } = desk;
  if (!capture || !encoding) return;
  desk.stopRecording = recordChunks(
    capture.stream,
    encoding.bitrate,
    (bytes, capturedUs) => tell({ kind: "chunk", bytes, capturedUs }, [bytes.buffer]),
  );
}

/** Goes on air with the input that is open. */
export async function goOnAir(
  streamId: string,
  encoding: Encoding,
  threads: Threads,
  resume?: number,
): Promise<void> {
  const fail = (why: "no_encoder") => (phase.value = { kind: "failed", streamId, why });
  phase.value = { kind: "starting", streamId };
  const isOpus = await canEncode(encoding);
  if (!isOpus && chunkType() === null) return void fail("no_encoder");
  codec.value = isOpus ? "opus" : "chunks";
  const { channels } = encoding;
  const declared: Declared = isOpus
    ? { codec: "opus", channels, frameSamples: samplesOf(encoding.frameMs) }
    : { codec: "webm", channels, frameSamples: 0 };
  const worker = new Worker(threads.publish, { type: "module" });
  Object.assign(desk, { worker, encoding, sent: [] });
  worker.onmessage = ({ data }: MessageEvent<FromPublisher>) => heard(streamId, data);
  worker.onerror = ({ message }) => {
    console.warn(`The thread that sends has failed: ${message}`);
    end({ kind: "failed", streamId, why: "encoder" });
  };
  const address = `${location.origin.replace(/^http/, "ws")}/ws/live/${streamId}/publish`;
  tell({ kind: "start", address, declared, encoding, resume });
  if (isOpus) connectInput();
}

function heard(streamId: string, message: FromPublisher): void {
  switch (message.kind) {
    case "begun":
      phase.value = { kind: "onAir", streamId };
      if (desk.encoding) keep({ streamId, epoch: message.epoch, encoding: desk.encoding });
      if (codec.peek() === "chunks") recordAnew();
      return;
    case "state": {
      const { state } = message;
      if (state.kind === "ended" && state.code !== null) {
        return end({ kind: "failed", streamId, why: state.code });
      }
      if (state.kind !== "open") desk.stopRecording();
      if (state.kind === "waiting") {
        phase.value = { kind: "reconnecting", streamId };
        void askWhy(streamId);
      }
      return;
    }
    case "health":
      return measured(message.health);
    case "failed":
      console.warn(`The encoder has failed: ${message.reason}`);
      return end({ kind: "failed", streamId, why: "encoder" });
    default:
      message satisfies never;
  }
}

/** Why a socket is refused before it opens, browsers do not tell: who may not send is told here. */
async function askWhy(streamId: string): Promise<void> {
  try {
    await fetchStats(streamId);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const now = phase.peek();
    const isWaiting = now.kind === "reconnecting" && now.streamId === streamId;
    if (isWaiting && ERRORS[error.code].retry === "no") {
      end({ kind: "failed", streamId, why: error.code });
    }
  }
}

function measured(now: PublisherHealth): void {
  const atMs = performance.now();
  desk.sent.push({ atMs, bytes: now.sentBytes });
  while (desk.sent[0] && atMs - desk.sent[0].atMs > RATE_MS) desk.sent.shift();
  const first = desk.sent[0];
  const seconds = first ? (atMs - first.atMs) / 1_000 : 0;
  batch(() => {
    health.value = now;
    sentBitrate.value = first && seconds > 0 ? (now.sentBytes - first.bytes) * 8 / seconds : 0;
  });
}

function end(next: Phase): void {
  forget();
  desk.stopRecording();
  const { worker } = desk;
  desk.worker = null;
  worker?.postMessage({ kind: "stop" } satisfies ToPublisher);
  phase.value = next;
}

/** Sends no more; the stream itself is ended over REST. */
export const leaveAir = (): void => end({ kind: "off" });

/** There is reason to hope: the next try comes at once. */
export const hurry = (): void => tell({ kind: "wake" });

const guard = { isSet: false };

/** From now on asks before the page is left while something goes out. */
export function guardLeaving(): void {
  if (guard.isSet) return;
  guard.isSet = true;
  addEventListener("beforeunload", (event) => {
    if (isBroadcasting.peek()) event.preventDefault();
  });
  addEventListener("online", hurry);
}
