/** What the browser tests of live sound share: a microphone that clicks, and ears that note when. */
import type { Page } from "npm:playwright-core@1.65.1";
import { setRoles } from "../support/accounts.ts";
import { until } from "../support/processes.ts";
import { open, type Stand, type VisitOptions } from "./support.ts";
import { type Person, person } from "./rooms_support.ts";

/** When the clicks come, in seconds; no two distances are alike, so that each is known by its own. */
const CLICKS = [0.2, 0.61, 1.13, 1.76, 2.35];
const LOOP_S = 3;
const RATE = 48_000;

/** Writes a WAV that Chromium's fake microphone plays over and over; the flags for it. */
export async function clickingMicrophone(): Promise<{ flags: string[]; path: string }> {
  const samples = new Int16Array(LOOP_S * RATE);
  for (const at of CLICKS) {
    const from = Math.round(at * RATE);
    for (let i = 0; i < 0.02 * RATE; i++) {
      const fade = 1 - i / (0.02 * RATE);
      samples[from + i] = Math.round(Math.sin(i / RATE * 2 * Math.PI * 1_500) * 26_000 * fade);
    }
  }
  const head = new DataView(new ArrayBuffer(44));
  const text = (at: number, letters: string) =>
    [...letters].forEach((letter, i) => head.setUint8(at + i, letter.charCodeAt(0)));
  text(0, "RIFF");
  head.setUint32(4, 36 + samples.byteLength, true);
  text(8, "WAVEfmt ");
  head.setUint32(16, 16, true);
  head.setUint16(20, 1, true);
  head.setUint16(22, 1, true);
  head.setUint32(24, RATE, true);
  head.setUint32(28, RATE * 2, true);
  head.setUint16(32, 2, true);
  head.setUint16(34, 16, true);
  text(36, "data");
  head.setUint32(40, samples.byteLength, true);
  const path = await Deno.makeTempFile({ suffix: ".wav" });
  await Deno.writeFile(path, new Uint8Array([...new Uint8Array(head.buffer)]));
  await Deno.writeFile(path, new Uint8Array(samples.buffer), { append: true });
  return {
    path,
    flags: [
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      `--use-file-for-fake-audio-capture=${path}`,
    ],
  };
}

/** An onset: when it was on the audio thread, and where in the sound. */
export interface Onset {
  /** ms since 1970 */
  readonly atMs: number;
  /** Samples since the audio context began. */
  readonly frame: number;
}

/** On the audio thread: notes each sound that follows 100 ms of quiet. */
const EAR = `
registerProcessor("ear", class extends AudioWorkletProcessor {
  quiet = 0;
  process([input]) {
    const samples = input[0];
    if (!samples) return true;
    for (let i = 0; i < samples.length; i++) {
      if (Math.abs(samples[i]) < 0.12) { this.quiet++; continue; }
      if (this.quiet > 4800) this.port.postMessage({ atMs: Date.now(), frame: currentFrame + i });
      this.quiet = 0;
    }
    return true;
  }
});`;

/** Pages with an ear have a script of ours, which the site's own policy would refuse. */
export const EARED = { bypassCSP: true } as const;

/** From now on notes the onsets of what the page captures (`input`) or lets out (`output`). */
export async function giveEar(page: Page, of: "input" | "output"): Promise<void> {
  await page.addInitScript(([of, ear]) => {
    const script = URL.createObjectURL(new Blob([ear], { type: "text/javascript" }));
    const onsets: unknown[] = [];
    const contexts: AudioContext[] = [];
    Object.assign(globalThis, { onsets, contexts });
    const { connect } = AudioNode.prototype;
    const listen = async (node: AudioNode) => {
      const context = node.context as AudioContext;
      contexts.push(context);
      await context.audioWorklet.addModule(script);
      const ear = new AudioWorkletNode(context, "ear", { channelCount: 1 });
      ear.port.onmessage = ({ data }) => onsets.push(data);
      Reflect.apply(connect, node, [ear]);
      Reflect.apply(connect, ear, [context.destination]);
    };
    AudioNode.prototype.connect = function (this: AudioNode, ...to: unknown[]) {
      const isWanted = of === "input"
        ? this instanceof MediaStreamAudioSourceNode
        : this instanceof AudioWorkletNode || this instanceof MediaElementAudioSourceNode;
      if (isWanted) void listen(this);
      return Reflect.apply(connect, this, to);
    } as typeof connect;
  }, [of, EAR] as const);
}

export const onsets = (page: Page): Promise<Onset[]> =>
  page.evaluate(() => Reflect.get(globalThis, "onsets"));

/** What the sound card still holds when its thread has been asked, in ms. */
export const outputMs = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const [context] = Reflect.get(globalThis, "contexts") as AudioContext[];
    return ((context?.outputLatency ?? 0) + (context?.baseLatency ?? 0)) * 1_000;
  });

/** Somebody who may go on air. */
export async function creator(
  site: Stand,
  name: string,
  options?: VisitOptions,
): Promise<Person> {
  const host = await person(site, name, options);
  await setRoles(site.node, host.id, ["creator"]);
  await until("the role to count", () =>
    host.page.evaluate(async () => {
      const body = JSON.stringify({ title: "" });
      const headers = { "content-type": "application/json" };
      return (await fetch("/api/v1/live", { method: "POST", body, headers })).status !== 403;
    }));
  host.problems.length = 0; // the browser notes that this was refused
  return host;
}

/** Goes on air in the studio; the path of the stream. */
export async function goOnAir(page: Page, title: string): Promise<string> {
  await open(page, "/studio");
  await page.fill("#stream-name", title);
  await page.click(".input-open");
  await page.click(".studio-go");
  await page.waitForSelector(".studio-end");
  const path = await page.locator("a[href^='/live/']").first().getAttribute("href");
  if (!path) throw new Error("The studio does not say where the stream is");
  return path;
}

/** Begins to listen, and waits until it is heard by the socket. */
export async function listen(page: Page, path: string): Promise<void> {
  await open(page, path);
  await page.click(".live-button");
  await page.getByText("WebSocket", { exact: true }).waitFor();
}

/** A port in front of a server's, through which sockets of live sound pass only while it is open. */
export function gate(to: number) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const sockets = new Set<Deno.Conn>();
  const all = new Set<Deno.Conn>();
  let isOpen = true;
  const close = (conn: Deno.Conn) => {
    sockets.delete(conn);
    if (all.delete(conn)) conn.close();
  };
  const ends = (error: unknown) => {
    const isEnd = error instanceof Deno.errors.BadResource ||
      error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe ||
      error instanceof Deno.errors.Interrupted || error instanceof Deno.errors.NotConnected;
    if (!isEnd) throw error;
  };
  const pass = async (client: Deno.Conn) => {
    const server = await Deno.connect({ hostname: "127.0.0.1", port: to });
    all.add(client).add(server);
    const copy = async (from: Deno.Conn, into: Deno.Conn, look: boolean) => {
      const buffer = new Uint8Array(65_536);
      try {
        for (let n = await from.read(buffer); n !== null; n = await from.read(buffer)) {
          const isLive = look &&
            new TextDecoder().decode(buffer.subarray(0, 200)).startsWith("GET /ws/live/");
          if (isLive && !isOpen) break;
          if (isLive) sockets.add(client);
          for (let at = 0; at < n;) at += await into.write(buffer.subarray(at, n));
        }
      } catch (error) {
        ends(error);
      } finally {
        close(from);
        close(into);
      }
    };
    await Promise.all([copy(client, server, true), copy(server, client, false)]);
  };
  const accept = async () => {
    for await (const client of listener) void pass(client);
  };
  void accept();
  return {
    url: `http://127.0.0.1:${listener.addr.port}`,
    /** Cuts those that are open, and lets none through any more. */
    shut(): void {
      isOpen = false;
      for (const conn of [...sockets]) close(conn);
    },
    open(): void {
      isOpen = true;
    },
    stop(): void {
      listener.close();
      for (const conn of [...all]) close(conn);
    },
  };
}
