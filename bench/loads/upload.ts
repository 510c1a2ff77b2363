/** Load: sends one file to a node as a browser does, and tells when what came back came back. */
import { Buffer } from "node:buffer";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import type { Progress } from "../../domain/tracks.ts";
import { soundBytes } from "./wav_stream.ts";

/** What to send, and what to wait for. */
export interface UploadOrder {
  /** The node, without a slash at its end. */
  readonly url: string;
  readonly token: string;
  /** A file to send; or how many bytes of sound to make up while sending. */
  readonly from: string | number;
  readonly by: "multipart" | "tus";
  /** `answered`: leaves as soon as the bytes are answered for. */
  readonly until: "answered" | "playable" | "ready";
}

/** Times in ms after the last byte had left; those not waited for are left out. */
export interface UploadTimes {
  readonly trackId: string;
  /** From the first byte to the last. */
  readonly sentMs: number;
  readonly answeredMs: number;
  /** The event arrived that says that the track can be played. */
  readonly playableMs?: number;
  /** The first segment of the first rendition was here, found through the playlists. */
  readonly firstSegmentMs?: number;
  readonly readyMs?: number;
}

/** Bytes that are read from the file at once, as a browser does. */
const PIECE = 256 * 1024;

/** The bytes to send, and how many there are. */
async function open(from: string | number) {
  if (typeof from === "number") return { size: from, pieces: soundBytes(from) };
  const bytes = await Deno.readFile(from); // read before the clock starts
  const pieces = function* () {
    for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
  };
  return { size: bytes.length, pieces: pieces() };
}

/** Writes one piece; resolves when the socket has taken it. */
const write = (to: ClientRequest, piece: Uint8Array | string) =>
  new Promise<void>((resolve, reject) =>
    to.write(piece, (error) => error ? reject(error) : resolve())
  );

const text = async (answer: IncomingMessage) => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
};

/** Sends `head`, the pieces and `tail` as one request; what was answered, and when. */
async function send(
  url: string,
  { method, headers, head = "", tail = "", body }: {
    method: string;
    headers: Record<string, string>;
    head?: string;
    tail?: string;
    body: Awaited<ReturnType<typeof open>>;
  },
) {
  const beganAt = performance.now();
  const length = head.length + body.size + tail.length;
  const sending = request(url, { method, headers: { ...headers, "Content-Length": length } });
  const answer = new Promise<IncomingMessage>((resolve, reject) =>
    sending.on("response", resolve).on("error", reject)
  );
  if (head) await write(sending, head);
  for (const piece of body.pieces) await write(sending, piece);
  if (tail) await write(sending, tail);
  const sentAt = performance.now();
  sending.end();
  const response = await answer;
  const answered = await text(response);
  const answeredAt = performance.now();
  if (Math.floor((response.statusCode ?? 0) / 100) !== 2) {
    throw new Error(`${method} ${url} says ${response.statusCode}: ${answered}`);
  }
  return { beganAt, sentAt, answeredAt, answered, headers: response.headers };
}

const { url, token, from, by, until }: UploadOrder = JSON.parse(Deno.args[0]!);
const api = `${url}/api/v1`;
const auth = { Authorization: `Bearer ${token}` };

async function byMultipart() {
  const boundary = "----a-boundary-of-the-bench";
  const field = `--${boundary}\r\nContent-Disposition: form-data; name="file"; `;
  return await send(`${api}/tracks`, {
    method: "POST",
    headers: { ...auth, "Content-Type": `multipart/form-data; boundary=${boundary}` },
    head: `${field}filename="bench.wav"\r\nContent-Type: audio/wav\r\n\r\n`,
    tail: `\r\n--${boundary}--\r\n`,
    body: await open(from),
  });
}

/** Creates the upload, then sends all of it in one PATCH, as tus-js-client does unless told otherwise. */
async function byTus() {
  const tus = { ...auth, "Tus-Resumable": "1.0.0" };
  const body = await open(from);
  const created = await fetch(`${api}/uploads`, {
    method: "POST",
    headers: {
      ...tus,
      "Upload-Length": String(body.size),
      "Upload-Metadata": `filename ${btoa("bench.wav")}`,
    },
  });
  const location = created.headers.get("Location");
  if (created.status !== 201 || !location) {
    throw new Error(`POST ${api}/uploads says ${created.status}: ${await created.text()}`);
  }
  await created.body?.cancel();
  return await send(new URL(location, url).href, {
    method: "PATCH",
    headers: { ...tus, "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream" },
    body,
  });
}

const sent = await (by === "multipart" ? byMultipart() : byTus());
const after = () => performance.now() - sent.sentAt;
const trackId: string = by === "multipart"
  ? JSON.parse(sent.answered).track.id
  : sent.headers["veza-track-id"];
let times: UploadTimes = {
  trackId,
  sentMs: sent.sentAt - sent.beganAt,
  answeredMs: sent.answeredAt - sent.sentAt,
};

/** Lines of a playlist that are no tags. */
const addresses = (playlist: string) =>
  playlist.split("\n").filter((line) => line && !line.startsWith("#"));

async function get(address: URL): Promise<Response> {
  const response = await fetch(address, { headers: auth });
  if (!response.ok) throw new Error(`GET ${address} says ${response.status}`);
  return response;
}

/** Fetches what a player does before it makes a sound. */
async function fetchFirstSegment(): Promise<void> {
  const master = new URL(`${api}/tracks/${trackId}/stream/master.m3u8`);
  const playlist = new URL(addresses(await (await get(master)).text())[0]!, master);
  const lines = await (await get(playlist)).text();
  const init = new URL(/#EXT-X-MAP:URI="([^"]+)"/.exec(lines)![1]!, playlist);
  const segment = new URL(addresses(lines)[0]!, playlist);
  await Promise.all([init, segment].map(async (one) => (await get(one)).arrayBuffer()));
}

async function follow(): Promise<void> {
  const events = (await get(new URL(`${api}/tracks/${trackId}/events`))).body!
    .pipeThrough(new TextDecoderStream());
  let rest = "";
  for await (const chunk of events) {
    const blocks = (rest + chunk).split("\n\n");
    rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const data = /^data: (.+)$/m.exec(block)?.[1];
      if (!data) continue;
      const { status, failure }: Progress = JSON.parse(data);
      if (status === "failed") throw new Error(`Processing failed: ${JSON.stringify(failure)}`);
      if (times.playableMs === undefined && (status === "playable" || status === "ready")) {
        times = { ...times, playableMs: after() };
        await fetchFirstSegment();
        times = { ...times, firstSegmentMs: after() };
        if (until === "playable") return;
      }
      if (status === "ready") {
        times = { ...times, readyMs: after() };
        return;
      }
    }
  }
  throw new Error("The events ended before the track was ready");
}

if (until !== "answered") await follow();
console.log(JSON.stringify(times));
Deno.exit(0); // connections that are kept would hold it
