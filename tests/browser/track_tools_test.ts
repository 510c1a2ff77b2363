/** What an owner does with a track in the browser, and what others may take of it. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { Track } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { ask, waitForTrack } from "../support/client.ts";
import { picture as drawn } from "../support/pictures.ts";
import {
  checkAxe,
  currentTime,
  open,
  picture,
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

Deno.test("[U7] the download menu: by keyboard, with sizes, and the file comes", async () => {
  const visitor = await visit(site);
  const { page, context, problems } = visitor;
  await register(page);
  const { id } = await track(visitor, await song("flac", 3), { title: "Quay" });
  await open(page, `/tracks/${id}`);
  await page.focus("details.take summary");
  await page.keyboard.press("Enter");
  const choices = page.locator(".take-format a");
  equal(await choices.count(), 18, "17 formats, and the original for its owner");
  equal(
    await choices.first().innerText().then((text) => text.replace(/\s+/g, " ").trim()),
    "MP3, 320 kbit/s about 120 kB",
  );
  await checkAxe(page, "the download menu");
  const downloading = page.waitForEvent("download");
  await choices.first().focus();
  await page.keyboard.press("Enter");
  const download = await downloading;
  equal(download.suggestedFilename(), "Ada Quay - Quay.mp3");
  ok((await Deno.stat((await download.path())!)).size > 100_000);
  equal(await page.locator("[data-download-state]").innerText(), "The file is there.");
  await page.keyboard.press("Escape");
  equal(await page.locator("details.take[open]").count(), 0);
  equal(await page.evaluate(() => document.activeElement?.tagName), "SUMMARY", "focus goes back");
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[W4] the download menu is in sight on a desk and on a phone, and nothing overflows", async () => {
  const visitor = await visit(site);
  const { page, context } = visitor;
  await register(page);
  const title = "A rather long title, as it is given to a night of recordings by the river";
  const { id } = await track(visitor, await song("flac", 3), { title });
  const widths = [[1440, 900, "night"], [360, 740, "paper"]] as const;
  for (const [width, height, theme] of widths) {
    for (const language of ["en", "fr"]) {
      await context.addCookies([{ name: "veza_theme", value: theme, url: site.url }]);
      await page.setViewportSize({ width, height });
      await context.addCookies([{ name: "veza_language", value: language, url: site.url }]);
      await open(page, `/tracks/${id}`);
      await page.click(".play-large");
      await page.waitForSelector(".player");
      await page.click("details.take summary");
      const where = `${language} at ${width}`;
      await page.waitForFunction(() => {
        const panel = document.querySelector(".take-panel")!.getBoundingClientRect();
        const player = document.querySelector(".player")!.getBoundingClientRect();
        return panel.height > 300 && panel.top >= 0 && panel.bottom <= player.top + 1 &&
          panel.left >= document.querySelector("#page")!.getBoundingClientRect().left &&
          panel.right <= innerWidth;
      });
      deepEqual(
        await page.locator(".take-panel a").evaluateAll((all) =>
          all.filter((one) => one.scrollWidth > one.clientWidth).map((one) => one.textContent)
        ),
        [],
        where,
      );
      equal(await page.evaluate(() => document.documentElement.lang), language);
      await picture(page, `download-menu-${language}-${width}`);
    }
  }
  await page.click("[data-take-close]");
  equal(await page.locator("details.take[open]").count(), 0);
  equal(await page.evaluate(() => document.activeElement?.tagName), "SUMMARY", "focus goes back");

  await page.click("form[data-delete] button");
  const undo = page.locator(".toast").getByRole("button", { name: "Rétablir" });
  const lines = await undo.evaluate((button) => {
    const range = document.createRange();
    range.selectNodeContents(button);
    return range.getClientRects().length;
  });
  equal(lines, 1, "the way back is one word, on one line");
  await undo.click();

  // to others there is this one button, far right beside a description
  const cookie = (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");
  await ask(site.url, `/api/v1/tracks/${id}`, {
    cookie,
    headers: { Origin: site.url, "content-type": "application/json" },
    method: "PATCH",
    body: JSON.stringify({ description: "By the river, with the windows open. ".repeat(9) }),
  });
  const guest = await visit(site);
  await open(guest.page, `/tracks/${id}`);
  await guest.page.click("details.take summary");
  await guest.page.waitForSelector(".take-hang.is-end");
  const box = await guest.page.locator(".take-panel").boundingBox();
  ok(box && box.x > 0 && box.x + box.width <= 1440 && box.y + box.height <= 900);
  await picture(guest.page, "download-menu-guest");
  // a page that is short does not scroll
  await open(guest.page, "/search");
  equal(await guest.page.evaluate(() => document.documentElement.scrollHeight - innerHeight), 0);
  await guest.context.close();
  await context.close();
});

Deno.test("[W1] without script a download is a link, and a cover a form", async () => {
  const visitor = await visit(site, { javaScriptEnabled: false });
  const { page, context } = visitor;
  await register(page);
  const { id } = await track(visitor, await song("mp3", 1), { title: "Quay" });
  await page.goto(`/tracks/${id}`);
  await page.click("details.take summary");
  const downloading = page.waitForEvent("download");
  await page.locator(".take-format a").nth(3).click();
  equal((await downloading).suggestedFilename(), "Ada Quay - Quay.mp3");
  equal(await page.isVisible(".stage-wave"), false, "no gap where a waveform cannot be");
  equal(await page.isVisible(".stage-clock"), false);
  deepEqual(
    await page.locator("audio source").evaluateAll((all) =>
      all.map((one) => (one as HTMLSourceElement).type)
    ),
    ["application/vnd.apple.mpegurl", "audio/mpeg"],
  );
  equal(await page.getByRole("link", { name: "take the recording as MP3" }).count(), 1);
  await picture(page, "no-script-track");
  await page.goto("/upload");
  const heading = await page.locator("h1").boundingBox();
  ok(heading && heading.width > 50, "a heading to be seen");
  await page.goto(`/tracks/${id}/edit`);
  const png = { mimeType: "image/png", buffer: Buffer.from(await drawn("png", "red")) };
  await page.setInputFiles(".cover-form input", { name: "a.png", ...png });
  await page.click(".cover-form button");
  await page.waitForSelector("img.cover-picture");
  for (const [width, height] of [[1440, 900], [360, 740]] as const) {
    await page.setViewportSize({ width, height });
    await page.goto("/library");
    ok(await page.isVisible(".row .play-picture"), "the cover is there, its button is not");
    equal(await page.getByRole("button", { name: "Play" }).count(), 0);
    equal(await page.isVisible(".row .row-wave"), false);
    equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
    await picture(page, `no-script-library-${width}`);
  }
  await page.goto(`/tracks/${id}/edit`);
  const text = { name: "b.png", mimeType: "image/png", buffer: Buffer.from("no picture") };
  await page.setInputFiles(".cover-form input", text);
  await page.click(".cover-form button");
  ok((await page.locator(".cover-edit .cover-state").innerText()).includes("taken are JPEG, PNG"));
  await page.click(".cover-acts form:nth-child(2) button");
  await page.waitForSelector("img.cover-picture", { state: "detached" });
  await page.goto(`/tracks/${id}`);
  await page.selectOption(".who select", "unlisted");
  await page.click(".who button");
  equal(await page.inputValue(".who select"), "unlisted");
  await context.close();
});

Deno.test("[U9] a cover is chosen, dropped, shown where the track is, and removed", async () => {
  const visitor = await visit(site);
  const { page, context, problems } = visitor;
  await register(page);
  const { id } = await track(visitor, await song("mp3", 2), { title: "Quay" });
  await open(page, `/tracks/${id}/edit`);
  await page.setInputFiles(".cover-form input", {
    name: "a.png",
    mimeType: "image/png",
    buffer: Buffer.from(await drawn("png", "red")),
  });
  await page.waitForSelector("text=The cover is set.");
  await page.waitForSelector("img.cover-picture[src*='/cover?v=']");
  await page.setInputFiles(".cover-form input", {
    name: "b.png",
    mimeType: "image/png",
    buffer: Buffer.from("no picture at all"),
  });
  await page.waitForSelector(".cover-state .trouble");
  equal(await page.locator("img.cover-picture[src*='/cover?v=']").count(), 1, "it stays");
  await checkAxe(page, "the edit page");
  // dropped onto its place, it is no recording
  const before = await page.getAttribute("img.cover-picture", "src");
  const base64 = (await drawn("jpg", "blue")).toBase64();
  await page.evaluate((given) => {
    const transfer = new DataTransfer();
    const bytes = Uint8Array.from(atob(given), (letter) => letter.charCodeAt(0));
    transfer.items.add(new File([bytes], "c.jpg", { type: "image/jpeg" }));
    for (const type of ["dragenter", "dragover", "drop"]) {
      document.querySelector(".cover-frame")?.dispatchEvent(
        new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }),
      );
    }
  }, base64);
  await page.waitForFunction(
    (old) => {
      const src = document.querySelector("img.cover-picture")?.getAttribute("src") ?? "";
      return src.includes("/cover?v=") && src !== old;
    },
    before,
  );
  ok(page.url().endsWith("/edit"), "the page did not go to the uploads");

  await open(page, `/tracks/${id}`);
  const shown = () =>
    page.locator("img[src*='/cover?v=']").evaluateAll((all) =>
      all.map((one) => (one as HTMLImageElement).naturalWidth > 0)
    );
  await page.waitForFunction(() =>
    [...document.querySelectorAll<HTMLImageElement>("img.track-cover")].every((one) =>
      one.naturalWidth
    )
  );
  deepEqual(await shown(), [true]);
  const image = await page.getAttribute("meta[property='og:image']", "content");
  ok(image?.startsWith(`${site.url}/api/v1/tracks/${id}/cover?v=`), `${image}`);
  await page.click(".play-large");
  await page.waitForSelector(".player img.mark");
  deepEqual(
    await page.evaluate(() => navigator.mediaSession.metadata?.artwork.map(({ sizes }) => sizes)),
    ["96x96", "320x320", "1024x1024"],
  );
  await page.click(".rail a[href='/library']");
  await page.waitForSelector(".row .play-picture");

  await open(page, `/tracks/${id}/edit`);
  await page.getByRole("button", { name: "Remove" }).click();
  await page.waitForSelector("text=The cover is removed.");
  equal(await page.locator("img.cover-picture").count(), 0);
  deepEqual(problems.filter((problem) => !problem.includes("422")), []);
  await context.close();
});

Deno.test("[U14] who can hear a track is set where it stands", async () => {
  const visitor = await visit(site);
  const { page, context, problems } = visitor;
  await register(page);
  const { id } = await track(visitor, await song("mp3", 1));
  await open(page, `/tracks/${id}`);
  await page.selectOption(".who select", "private");
  await page.waitForSelector("text=Private now: only you can hear it.");
  equal((await ask(site.url, `/api/v1/tracks/${id}`)).status, 404);
  equal(await page.evaluate(() => document.activeElement?.tagName), "SELECT", "focus stays");
  await page.selectOption(".who select", "public");
  await page.waitForSelector("text=Public now");
  equal((await ask(site.url, `/api/v1/tracks/${id}`)).status, 200);
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[U1] a new version is sent, heard once it plays, and taken back", async () => {
  const visitor = await visit(site);
  const { page, context, problems } = visitor;
  await register(page);
  const { id } = await track(visitor, await song("mp3", 2), { title: "Quay" });
  await open(page, `/tracks/${id}/edit`);
  const file = { name: "Master 2.wav", mimeType: "audio/wav" };
  await page.setInputFiles(".versions input", {
    ...file,
    buffer: Buffer.from(await song("wav", 4)),
  });
  const rows = page.locator(".version");
  await page.waitForSelector(".version.is-current:has-text('Master 2.wav')", { timeout: 90_000 });
  equal(await rows.count(), 2);
  await page.waitForSelector(".version[data-status=ready]:has-text('Master 2.wav')", {
    timeout: 90_000,
  });
  const seconds = async () =>
    Math.round(((await ask<Track>(site.url, `/api/v1/tracks/${id}`)).body.durationMs ?? 0) / 1_000);
  equal(await seconds(), 4);
  await page.getByRole("button", { name: "Make Quay.flac the version that is heard" }).click();
  await page.waitForSelector(".version.is-current:has-text('Quay.flac')");
  equal(await seconds(), 2);
  await page.getByRole("button", { name: "Delete the version Master 2.wav" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".version").length === 1);
  await page.setInputFiles(".versions input", {
    name: "Notes.txt",
    mimeType: "text/plain",
    buffer: Buffer.from("this is no sound ".repeat(99)),
  });
  await page.waitForSelector(".versions .trouble");
  equal(await rows.count(), 1);
  deepEqual(problems.filter((problem) => !problem.includes("415")), []);
  await context.close();
});
