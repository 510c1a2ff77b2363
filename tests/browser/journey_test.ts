/** A person's way through the site: register, drop files, hear them, move on, sign out. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { song } from "../support/audio.ts";
import {
  currentTime,
  dropFiles,
  open,
  playedPast,
  ready,
  register,
  type Stand,
  stand,
  visit,
} from "./support.ts";

const FORMATS = ["wav", "flac", "mp3", "m4a", "ogg", "opus"];
let site: Stand;
Deno.test.beforeAll(async () => {
  site = await stand();
});
Deno.test.afterAll(() => site?.stop());

Deno.test("[W9] six files dropped at once each become music in their own row", async () => {
  const { page, context, problems } = await visit(site);
  await register(page);
  await open(page, "/");
  const files = await Promise.all(FORMATS.map(async (ending) => ({
    name: `Tide_${ending}.${ending}`,
    bytes: await song(ending, 4),
  })));
  await dropFiles(page, files); // not on the upload page: anywhere will do
  await page.waitForURL("**/upload");
  await page.locator(".upload").nth(5).waitFor();
  equal(await page.locator(".upload").count(), 6);
  const kinds = new Set<string>();
  const until = Date.now() + 60_000;
  while (!(kinds.size === 1 && kinds.has("done"))) {
    kinds.clear();
    for (const row of await page.locator(".upload").all()) {
      const kind = await row.getAttribute("data-kind") ?? "";
      if (kind === "failed") throw new Error(await row.innerText());
      kinds.add(kind);
    }
    if (Date.now() > until) throw new Error(await page.locator(".uploads").innerText());
    await page.waitForTimeout(100);
  }
  deepEqual(
    (await page.locator(".upload-title").allInnerTexts()).sort(),
    FORMATS.map((ending) => `Tide ${ending}`).sort(),
  );
  const drawn = await page.locator(".upload-wave canvas").first().evaluate(async (canvas) => {
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const { width, height } = canvas as HTMLCanvasElement;
    const pixels = (canvas as HTMLCanvasElement).getContext("2d")?.getImageData(0, 0, width, height)
      .data ?? [];
    let inked = 0;
    for (let i = 3; i < pixels.length; i += 4) if (pixels[i] !== 0) inked++;
    return inked / (width * height);
  });
  ok(drawn > 0.15, `the waveform covers ${drawn} of its place`);
  deepEqual(problems, []);
  await context.close();
});

for (
  const { player, seconds, spoken } of [
    { player: "hls", seconds: 120, spoken: "of 2 minutes" },
    { player: "native", seconds: 60, spoken: "of 1 minute" },
  ] as const
) {
  Deno.test(`[W2] ${player}: plays from the start while it is still being prepared, and music never stops`, async () => {
    const { page, context, problems } = await visit(site);
    const username = await register(page, "Night Boat");
    await open(page, `/upload?player=${player}`);
    const path = await Deno.makeTempFile({ suffix: "_Long_crossing.flac" });
    await Deno.writeFile(path, await song("flac", seconds));
    await page.setInputFiles("#upload-files", path);
    // bytes, then stages, then the first moment it can be heard; Chromium's own player cannot
    // seek in a playlist that still grows, so there it is heard once it is whole
    const play = page.locator(".upload .play");
    await play.waitFor();
    await page.waitForFunction(() =>
      document.querySelector<HTMLButtonElement>(".upload .play")?.disabled === false
    );
    if (player === "native") {
      await page.waitForSelector(".upload[data-kind=done]", { timeout: 60_000 });
    } else equal(await page.locator(".upload[data-kind=working]").count(), 1);
    await play.click();
    await playedPast(page, 0.2);
    ok(await currentTime(page) < 4, "it begins at its start, not at the live edge");
    equal(
      await page.evaluate(() =>
        document.querySelector<HTMLAudioElement>("#player-audio")?.src.startsWith("blob:")
      ),
      player === "hls",
    );

    // seek on the waveform, by mouse and by key
    const slider = page.locator(".player .waveform-slider");
    const box = await slider.boundingBox();
    ok(box);
    await slider.click({ position: { x: box.width * 20 / seconds, y: 8 } });
    await playedPast(page, 19);
    ok(await currentTime(page) < 26, "it goes where the waveform was pressed");
    await slider.press("ArrowRight");
    await playedPast(page, 25); // so it has what comes next: here music may wait for the encoder
    ok((await slider.getAttribute("aria-valuetext"))?.includes(spoken));

    // through the site, with links, back and forward
    await page.evaluate(() => {
      Reflect.set(globalThis, "sameDocument", true);
    });
    let before = await currentTime(page);
    const goesOn = async (where: string) => {
      await page.waitForTimeout(400);
      const now = await currentTime(page);
      ok(now > before, `${where}: ${now} s is not after ${before} s`);
      before = now;
    };
    await page.click(".player-title");
    await page.waitForURL("**/tracks/*");
    await goesOn("track page");
    equal(await page.evaluate(() => document.activeElement?.tagName), "H1", "focus: the heading");
    ok((await page.title()).includes("by Night Boat"), await page.title());
    await page.click(`main a[href="/@${username}"]`);
    await page.waitForURL(`**/@${username}`);
    await goesOn("artist page");
    await page.click(".rail a[href='/library']");
    await page.waitForSelector("h1:has-text('Library')");
    await goesOn("library");
    await page.goBack();
    await page.waitForSelector("h1:has-text('Night Boat')");
    await goesOn("back");
    await page.goForward();
    await page.waitForSelector("h1:has-text('Library')");
    await goesOn("forward");
    await page.keyboard.press("/");
    await page.waitForSelector("main [name=q]");
    await page.fill("[name=q]", "crossing");
    await page.press("[name=q]", "Enter");
    await page.waitForURL("**/search?q=crossing");
    await goesOn("search");
    await page.click(".rail a[href='/settings']");
    await page.click("main form[action='/logout'] button");
    await page.waitForSelector("#page[data-user='']");
    await goesOn("after signing out");
    equal(await page.evaluate(() => Reflect.get(globalThis, "sameDocument")), true);
    await page.click(".player .key-play");
    equal(
      await page.evaluate(() => document.querySelector<HTMLAudioElement>("#player-audio")?.paused),
      true,
    );
    await page.reload();
    await ready(page);
    ok(
      (await page.locator(".player-title").innerText()).includes("Long crossing"),
      "a full load keeps the queue, paused",
    );
    await Deno.remove(path);
    deepEqual(problems, []);
    await context.close();
  });
}

Deno.test("[W9] what is no audio says what happened, what was kept and what to do", async () => {
  const { page, context } = await visit(site);
  await register(page);
  await open(page, "/upload");
  await dropFiles(page, [
    { name: "Fake.wav", bytes: new TextEncoder().encode("this is no sound at all ".repeat(99)) },
    { name: "Notes.pdf", type: "application/pdf", bytes: new TextEncoder().encode("%PDF") },
  ]);
  await page.waitForSelector("text=Notes.pdf is not a recording and was left out.");
  await page.waitForSelector(".upload[data-kind=failed]");
  const text = await page.locator(".upload").innerText();
  ok(text.includes("Nothing was kept on the server."), text);
  ok(await page.getByRole("button", { name: "Remove Fake.wav from this list" }).count() > 0, text);
  await context.close();
});

Deno.test("[W9] an upload can be cancelled and tried again, and leaving warns", async () => {
  const { page, context } = await visit(site);
  await register(page);
  await open(page, "/upload");
  // a slow line, so that there is time to cancel
  const session = await context.newCDPSession(page);
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 200_000,
  });
  await dropFiles(page, [{ name: "Slow.wav", bytes: await song("wav", 8) }]);
  await page.waitForSelector(".upload[data-kind=sending] progress");
  await page.waitForFunction(() =>
    (document.querySelector<HTMLProgressElement>(".upload progress")?.value ?? 0) > 0
  );
  const warned = await page.evaluate(() => {
    const event = new Event("beforeunload", { cancelable: true });
    dispatchEvent(event);
    return event.defaultPrevented;
  });
  equal(warned, true);
  // it goes on while one moves through the site
  await page.click(".rail a[href='/library']");
  await page.waitForSelector(".dock");
  await page.click(".dock-head");
  await page.getByRole("button", { name: "Cancel Slow" }).click();
  await page.waitForSelector(".upload[data-kind=cancelled]");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: -1,
  });
  await page.getByRole("button", { name: "Try Slow again" }).click();
  await page.waitForSelector(".upload[data-kind=done]");
  await context.close();
});

Deno.test("[W9] deleting can be undone for ten seconds, then it is done", async () => {
  const { page, context, problems } = await visit(site);
  await register(page);
  await open(page, "/upload");
  await dropFiles(page, [{ name: "Draft.mp3", bytes: await song("mp3", 3) }]);
  await page.waitForSelector(".upload[data-kind=done]");
  await page.click(".upload-title a");
  await page.waitForSelector("h1:has-text('Draft')");
  const trackId = new URL(page.url()).pathname.split("/").at(-1);
  await page.click("form[data-delete] button");
  await page.waitForURL("**/library");
  await page.waitForFunction(() => document.querySelectorAll(".row").length === 0);
  await page.getByRole("button", { name: "Undo" }).click();
  await page.waitForSelector(".row");
  // edit it by the form, without a full page load
  await page.click(".row-title");
  await page.click("a[href$='/edit']");
  await page.fill("[name=title]", "Final <b>cut</b>");
  await page.check("[name=visibility][value=private]");
  await page.click("main button[type=submit]");
  await page.waitForSelector("h1:has-text('Final <b>cut</b>')");
  await page.click("form[data-delete] button");
  await page.waitForURL("**/library");
  await page.waitForSelector(".toast");
  const address = `/api/v1/tracks/${trackId}`;
  equal((await context.request.get(address)).status(), 200);
  const until = Date.now() + 13_000;
  while ((await context.request.get(address)).status() !== 404) {
    ok(Date.now() < until, "the track is still there after its ten seconds");
    await page.waitForTimeout(250);
  }
  await page.reload();
  await page.waitForSelector(".empty");
  deepEqual(problems, []);
  await context.close();
});
