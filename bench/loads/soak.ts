/** Load: what a site does all day, all at once and for long: reads, sign-ins, uploads, listening. */
import { ask, register, signIn, upload, waitForTrack } from "../../tests/support/client.ts";
import { residentMiB } from "../resident.ts";

export interface SoakOrder {
  /** The node, without a slash at its end. */
  readonly url: string;
  readonly pid: number;
  /** A short recording to upload. */
  readonly wav: string;
  readonly seconds: number;
  readonly sampleEverySeconds: number;
}

/** What was seen at one moment, and of the reads since the moment before. */
export interface Sample {
  /** Resident memory of the node. */
  readonly memoryMiB: number;
  /** Open files and sockets of the node. */
  readonly handles: number;
  readonly p99Ms: number;
  readonly reads: number;
}

/** Readers at once, and how long each rests between two reads, in ms: about 200 reads a second. */
const READERS = 6;
const REST_MS = 20;
/** Rest after a sign-in, which costs 30 ms of CPU, and after an upload, in ms. */
const SIGN_IN_REST_MS = 1_000;
const UPLOAD_REST_MS = 2_000;

const { url, pid, wav, seconds, sampleEverySeconds }: SoakOrder = JSON.parse(Deno.args[0]!);
const bytes = await Deno.readFile(wav);
const goesOn = () => performance.now() < until;
const rest = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function get(path: string, token?: string): Promise<string> {
  const { status, body } = await ask<unknown>(url, path, token ? { token } : {});
  if (status !== 200) throw new Error(`GET ${path} says ${status}: ${JSON.stringify(body)}`);
  return typeof body === "string" ? body : "";
}

const addresses = (playlist: string) =>
  playlist.split("\n").filter((line) => line && !line.startsWith("#"));

/** The path of the first segment of the first rendition. */
async function firstSegment(trackId: string): Promise<string> {
  const master = new URL(`${url}/api/v1/tracks/${trackId}/stream/master.m3u8`);
  const playlist = new URL(addresses(await get(master.pathname))[0]!, master);
  return new URL(addresses(await get(playlist.pathname))[0]!, playlist).pathname;
}

/** Uploads, follows the events until the track is ready, and listens to its beginning. */
async function publish(token: string): Promise<string> {
  const fields = { visibility: "public" };
  const { status, body } = await upload(url, token, bytes, { fields });
  if (status !== 202) throw new Error(`POST tracks says ${status}: ${JSON.stringify(body)}`);
  const { id } = body.track;
  const told = await get(`/api/v1/tracks/${id}/events`, token);
  if (!told.includes("event: done")) throw new Error(`Track ${id} was not made:\n${told}`);
  await waitForTrack(url, id, ["ready"], { token });
  await get(await firstSegment(id));
  return id;
}

const { accessToken, user } = await register(url);
const kept = await publish(accessToken);
const segment = await firstSegment(kept);
/** From here on: on a slow machine the first upload alone may take as long as a short run. */
const until = performance.now() + seconds * 1_000;
const times: number[] = [];

async function read(turn: number): Promise<void> {
  const { accessToken: token } = await register(url);
  const paths = [`/api/v1/tracks/${kept}`, "/api/v1/tracks?limit=20", "/", segment];
  for (let at = turn; goesOn(); at++) {
    const began = performance.now();
    await get(paths[at % paths.length]!, token);
    times.push(performance.now() - began);
    await rest(REST_MS);
  }
}

async function signInAndOut(): Promise<void> {
  while (goesOn()) {
    const { accessToken: token } = await signIn(url, user.username);
    const { status } = await ask(url, "/api/v1/auth/logout", { method: "POST", token });
    if (status !== 204) throw new Error(`POST logout says ${status}`);
    await rest(SIGN_IN_REST_MS);
  }
}

async function uploadAndDelete(): Promise<void> {
  const { accessToken: token, user: owner } = await register(url);
  let current = token;
  for (let count = 1; goesOn(); count++) {
    // an access token ends after 15 minutes
    if (count % 50 === 0) current = (await signIn(url, owner.username)).accessToken;
    const id = await publish(current);
    const { status } = await ask(url, `/api/v1/tracks/${id}`, { method: "DELETE", token: current });
    if (status !== 204) throw new Error(`DELETE tracks/${id} says ${status}`);
    await rest(UPLOAD_REST_MS);
  }
}

const samples: Sample[] = [];
async function watch(): Promise<void> {
  while (true) {
    await rest(sampleEverySeconds * 1_000);
    if (!goesOn()) return; // the last moments are of readers that end
    const sorted = times.splice(0).sort((a, b) => a - b);
    samples.push({
      memoryMiB: await residentMiB(pid),
      handles: (await Array.fromAsync(Deno.readDir(`/proc/${pid}/fd`))).length,
      p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? NaN,
      reads: sorted.length,
    });
  }
}

await Promise.all([
  ...Array.from({ length: READERS }, (_, turn) => read(turn)),
  signInAndOut(),
  uploadAndDelete(),
  watch(),
]);
console.log(JSON.stringify(samples));
Deno.exit(0); // connections that are kept would hold it
