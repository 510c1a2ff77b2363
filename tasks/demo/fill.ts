/** Fills a site through its REST interface, as its people would; what is there already is left. */
import type { Track } from "../../domain/tracks.ts";
import { ask, type Grant, upload, waitForTrack } from "../../tests/support/client.ts";
import type { Person } from "./people.ts";
import type { Renderer } from "./render.ts";
import { pick, seeded } from "./sound/random.ts";
import type { DemoRoom } from "./rooms.ts";
import { talk } from "./talk.ts";
import type { DemoTrack } from "./tracks.ts";

export interface FillOptions {
  /** Of the node, without a slash at its end. */
  readonly url: string;
  /** Of all people. */
  readonly password: string;
  readonly people: readonly Person[];
  readonly tracks: readonly DemoTrack[];
  readonly rooms: readonly DemoRoom[];
  /** Of all tracks, in the place of their own. */
  readonly seconds: number | undefined;
  readonly seed: number;
  readonly renderer: Renderer;
  /** Told what was done, a line at a time. */
  readonly say: (line: string) => void;
}

/** A person who is signed in. */
interface Member extends Person {
  readonly token: string;
}

/** A slow machine that does other things takes its time to transcode, in ms. */
const PATIENCE_MS = 20 * 60_000;

/** An answer that was not expected, in words. */
function unexpected(what: string, { status, body }: { status: number; body: unknown }): Error {
  return new Error(`${what}: the node says ${status} ${JSON.stringify(body)}`);
}

async function call<T>(url: string, path: string, options: Parameters<typeof ask>[2]): Promise<T> {
  const answer = await ask<T>(url, path, options);
  if (answer.status >= 300) throw unexpected(`${options?.method ?? "asked"} ${path}`, answer);
  return answer.body;
}

/** Signs the person in, after making the account where there is none. */
async function join(
  { url, password, say }: FillOptions,
  person: Person,
): Promise<Member> {
  const { username, displayName, bio } = person;
  const known = await ask(url, `/api/v1/users/${username}`);
  const json = known.status === 404
    ? { username, displayName, password, email: `${username}@demo.invalid` }
    : { login: username, password };
  const path = known.status === 404 ? "register" : "login";
  const grant = await call<Grant>(url, `/api/v1/auth/${path}`, { json });
  const token = grant.accessToken;
  if (known.status === 404) {
    await call(url, "/api/v1/users/me", { method: "PATCH", token, json: { bio } });
    say(`${displayName} has joined`);
  }
  return { ...person, token };
}

/** All tracks of a person by title, in any state. */
async function tracksOf(url: string, { username, token }: Member): Promise<Map<string, Track>> {
  const found = new Map<string, Track>();
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? "" : `?cursor=${encodeURIComponent(cursor)}`;
    const path = `/api/v1/users/${username}/tracks${query}`;
    const page: { items: Track[]; nextCursor: string | null } = await call(url, path, { token });
    for (const track of page.items) found.set(track.title, track);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return found;
}

/** Renders and uploads one track; answers with what became of it. */
async function publish(
  { url, seconds, seed, renderer, say }: FillOptions,
  { token, displayName }: Member,
  track: DemoTrack,
): Promise<Track> {
  const began = performance.now();
  const length = seconds ?? track.seconds;
  const task = { track, artist: displayName, seconds: length, seed };
  const { path, kept } = await renderer.render(task);
  const spent = ((performance.now() - began) / 1_000).toFixed(1);
  const { title, genre, visibility, description, kind } = track;
  // a WAV has no tags: the form names what those of the others name too
  const fields = { title, genre, description, visibility };
  const file = await Deno.readFile(path);
  const answer = await upload(url, token, file, { name: `${title}.${kind}`, fields });
  if (answer.status !== 202) throw unexpected(`"${title}" was not taken`, answer);
  say(`"${title}" by ${displayName}: ${length} s of ${genre}, ${kept ? "kept" : `${spent} s`}`);
  return answer.body.track;
}

/**
 * People, tracks, plays and rooms. Told to do it again, it adds what is missing and nothing else.
 *
 * Dates are those of today: no interface takes another, and none should.
 */
export async function fill(options: FillOptions): Promise<void> {
  const { url, people, tracks, seed, say } = options;
  const members: Member[] = [];
  for (const person of people) members.push(await join(options, person));
  const there = new Map<string, Map<string, Track>>();
  for (const member of members) there.set(member.username, await tracksOf(url, member));

  const published: { track: DemoTrack; by: Member; id: string; isNew: boolean }[] = [];
  for (const [at, track] of tracks.entries()) {
    const by = members[at % members.length];
    if (!by) throw new Error("A site without people has no tracks");
    const known = there.get(by.username)?.get(track.title);
    if (known?.status === "failed") {
      await call(url, `/api/v1/tracks/${known.id}`, { method: "DELETE", token: by.token });
    }
    const isThere = known !== undefined && known.status !== "failed";
    const { id } = isThere ? known : await publish(options, by, track);
    published.push({ track, by, id, isNew: !isThere });
  }
  for (const { track: { title }, by: { token }, id, isNew } of published) {
    const wanted = ["ready", "failed"] as const;
    const track = await waitForTrack(url, id, wanted, { token, ms: PATIENCE_MS });
    if (track.failure) throw new Error(`"${title}" failed: ${track.failure.detail}`);
    if (isNew) say(`"${title}" is ready`);
  }
  const random = seeded(seed);
  for (const { track: { title, popularity }, by, id, isNew } of published) {
    if (!isNew) continue;
    const plays = Math.round(popularity * members.length);
    for (let play = 0; play < plays; play++) {
      const { token } = pick(random, members);
      await call(url, `/api/v1/tracks/${id}/plays`, { method: "POST", token });
    }
    if (plays > 0) say(`"${title}" by ${by.displayName} was played ${plays} times`);
  }
  await talk({ url, speakers: members, rooms: options.rooms, say });
}
