/** What an owner does with a track in the browser, and what others may take of it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { Track } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { ask, waitForTrack } from "../support/client.ts";
import {
  currentTime,
  open,
  playedPast,
  register,
  type Stand,
  stand,
  type Visit,
  visit,
} from "./support.ts";

/** Addresses end after this time here, in seconds: so many stand for ten minutes. */
const LIFE = 6;
let site: Stand;
Deno.test.beforeAll(async () => {
  site = await stand({ MEDIA_URL_SECONDS: String(LIFE) });
});
Deno.test.afterAll(() => site?.stop());

/** Uploads as the page's account, past the page, and waits until the track is whole. */
async function track(
  { context }: Visit,
  bytes: Uint8Array<ArrayBuffer>,
  fields: Record<string, string> = {},
): Promise<Track> {
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set("file", new Blob([bytes]), "Quay.flac");
  const { status, body } = await ask<{ track: Track }>(site.url, "/api/v1/tracks", {
    cookie,
    headers: { Origin: site.url },
    body: form,
  });
  equal(status, 202, JSON.stringify(body));
  const { id } = body.track;
  return await waitForTrack(site.url, id, ["ready"], { cookie, ms: 90_000 });
}

for (const player of ["hls", "native"] as const) {
  Deno.test(`[U14] ${player}: a private track plays on when its addresses have ended`, async () => {
    const visitor = await visit(site);
    const { page, context, problems } = visitor;
    await register(page);
    const { id } = await track(visitor, await song("flac", 60), { visibility: "private" });
    const refusals: string[] = [];
    page.on("response", (response) => {
      if (response.status() === 403) refusals.push(response.url());
    });
    await open(page, `/tracks/${id}?player=${player}`);
    await page.click(".play-large");
    await playedPast(page, 0.3);
    await page.waitForTimeout((LIFE + 1) * 1_000);
    ok(await currentTime(page) > LIFE, "it did not stop meanwhile");
    // what is not loaded yet comes from addresses that the first playlist did not have
    const slider = page.locator(".player .waveform-slider");
    const box = await slider.boundingBox();
    ok(box);
    await slider.click({ position: { x: box.width * 50 / 60, y: 8 } });
    await playedPast(page, 50.5);
    ok(await currentTime(page) < 58);
    if (player === "hls") deepEqual(refusals, [], "renewed before they end");
    deepEqual(problems.filter((problem) => !problem.includes("403")), []);
    await context.close();
  });
}
