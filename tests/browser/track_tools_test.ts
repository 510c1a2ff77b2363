/** What an owner does with a track in the browser, and what others may take of it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { Track } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { waitForTrack } from "../support/client.ts";
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
  const answer = await context.request.post("/api/v1/tracks", {
    headers: { Origin: site.url },
    multipart: {
      ...fields,
      file: { name: "Quay.flac", mimeType: "audio/flac", buffer: bytes as never },
    },
  });
  equal(answer.status(), 202, await answer.text());
  const { id } = (await answer.json()).track;
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  return await waitForTrack(site.url, id, ["ready"], { cookie });
}

for (const player of ["hls", "native"] as const) {
  Deno.test(`[U14] ${player}: a private track plays on when its addresses have ended`, async () => {
    const visitor = await visit(site);
    const { page, context, problems } = visitor;
    await register(page);
    const { id } = await track(visitor, await song("flac", 120), { visibility: "private" });
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
    await slider.click({ position: { x: box.width * 100 / 120, y: 8 } });
    await playedPast(page, 100.5);
    ok(await currentTime(page) < 108);
    if (player === "hls") deepEqual(refusals, [], "renewed before they end");
    deepEqual(problems.filter((problem) => !problem.includes("403")), []);
    await context.close();
  });
}
