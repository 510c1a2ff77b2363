/** The host's sound on its way to the encoder: an input, its level, and where its samples go. */
import { SAMPLE_RATE } from "../../domain/live_frames.ts";
import type { Levels } from "./messages.ts";

/** Where the scripts of the threads are, by hashed name. */
export interface Threads {
  readonly capture: string;
  readonly publish: string;
  readonly playout: string;
  readonly listen: string;
}

export interface Capture {
  readonly stream: MediaStream;
  /** Sends what is captured from now on to the other end of this port. */
  to(port: MessagePort): void;
  stop(): Promise<void>;
}

/**
 * Begins to listen to `stream`. `onLevels` is called 100 times a second; `onEnded` when the device
 * is unplugged, or the sharing of a tab is ended.
 */
export async function capture(
  { stream, channels, script, onLevels, onEnded }: {
    stream: MediaStream;
    channels: 1 | 2;
    script: string;
    onLevels: (levels: Levels) => void;
    onEnded: () => void;
  },
): Promise<Capture> {
  const context = new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: "interactive" });
  try {
    await context.audioWorklet.addModule(script);
    const node = new AudioWorkletNode(context, "capture", {
      channelCount: channels,
      channelCountMode: "explicit",
    });
    node.port.onmessage = ({ data }: MessageEvent<Levels>) => onLevels(data);
    // its output is silence: it is connected so that it runs
    context.createMediaStreamSource(stream).connect(node).connect(context.destination);
    for (const track of stream.getAudioTracks()) track.addEventListener("ended", onEnded);
    // a page that was loaded again may not sound before it is touched, but may go on listening
    const touched = () => void context.resume();
    touched();
    // a telephone call, or another program that takes the device, pauses it: on with it after that
    context.addEventListener("statechange", () => {
      if (context.state !== "running" && context.state !== "closed") touched();
    });
    addEventListener("pointerdown", touched);
    addEventListener("keydown", touched);
    return {
      stream,
      to: (port) => node.port.postMessage(port, [port]),
      async stop() {
        removeEventListener("pointerdown", touched);
        removeEventListener("keydown", touched);
        for (const track of stream.getTracks()) {
          track.removeEventListener("ended", onEnded);
          track.stop();
        }
        node.port.postMessage("stop");
        await context.close();
      },
    };
  } catch (error) {
    await context.close();
    throw error;
  }
}
