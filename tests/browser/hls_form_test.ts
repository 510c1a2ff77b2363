/** The form for old clients plays in the page too: in hls.js, and in the browser's own player. */
import { deepEqual, equal } from "node:assert/strict";
import { song } from "../support/audio.ts";
import * as client from "../support/client.ts";
import { currentTime, open, playedPast, type Stand, stand, visit } from "./support.ts";

const SECONDS = 25;
let site: Stand;
Deno.test.beforeAll(async () => {
  site = await stand({ HLS_FORM: "ts" });
});
Deno.test.afterAll(() => site?.stop());

for (const player of ["hls", "native"] as const) {
  Deno.test(`[U7] ${player}: a track in MPEG-TS plays, and across its segments`, async () => {
    const { accessToken: token } = await client.register(site.url);
    const { body } = await client.upload(site.url, token, await song("flac", SECONDS));
    const track = await client.waitForTrack(site.url, body.track.id, ["ready", "failed"], {
      token,
    });
    equal(track.failure, null);

    const { page, context, problems } = await visit(site);
    await open(page, `/tracks/${track.id}?player=${player}`);
    await page.locator(".stage .play").click();
    await playedPast(page, 0.3);
    const slider = page.locator(".player .waveform-slider");
    const box = await slider.boundingBox();
    // from the first segment right before the second, and over the edge
    await slider.click({ position: { x: (box?.width ?? 0) * 9.2 / SECONDS, y: 8 } });
    await playedPast(page, 10.5);
    equal(await currentTime(page) < 13, true);
    deepEqual(problems, []);
    await context.close();
  });
}
