/** What is deleted in the browser: out of sight at once, ten seconds to think again, and no mix-up. */
import { deepEqual, equal } from "node:assert/strict";
import type { Track } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { ask, waitForTrack } from "../support/client.ts";
import { open, ready, register, type Stand, stand, type Visit, visit } from "./support.ts";
import { picture } from "../support/pictures.ts";

let site: Stand;
Deno.test.beforeAll(async () => {
  site = await stand();
});
Deno.test.afterAll(() => site?.stop());

const cookieOf = async ({ context }: Visit) =>
  (await context.cookies()).map(({ name, value }) => `${name}=${value}`).join("; ");

/** Uploads past the page, and waits until it is prepared. */
async function track(visitor: Visit, title: string, cover: boolean): Promise<Track> {
  const cookie = await cookieOf(visitor);
  const headers = { Origin: site.url };
  const form = new FormData();
  form.set("title", title);
  form.set("file", new Blob([await song("mp3", 2)]), "Quay.mp3");
  const sent = await ask<{ track: Track }>(site.url, "/api/v1/tracks", {
    cookie,
    headers,
    body: form,
  });
  equal(sent.status, 202, JSON.stringify(sent.body));
  const { id } = sent.body.track;
  const whole = await waitForTrack(site.url, id, ["ready"], { cookie, ms: 90_000 });
  if (!cover) return whole;
  const image = new FormData();
  image.set("file", new Blob([await picture("png", "red")]), "a.png");
  const put = await ask<Track>(site.url, `/api/v1/tracks/${id}/cover`, {
    cookie,
    headers,
    method: "PUT",
    body: image,
  });
  equal(put.status, 200, JSON.stringify(put.body));
  return put.body;
}

/** What each row says and leads to. */
const rows = ({ page }: Visit) =>
  page.locator("#page .row").evaluateAll((all) =>
    all.map((row) => ({
      title: row.querySelector(".row-title")?.textContent,
      href: row.querySelector(".row-title")?.getAttribute("href"),
      covered: row.querySelector(".play.play-cover img") !== null,
      named: row.querySelector(".play")?.getAttribute("aria-label"),
      waves: row.querySelectorAll(":scope > .row-wave.waveform canvas").length,
      current: row.classList.contains("is-current"),
    }))
  );

Deno.test("[W2] a track deleted from its page leaves every other row of the library its own", async () => {
  const visitor = await visit(site);
  const { page, context, problems } = visitor;
  await register(page);
  const tracks: Track[] = [];
  for (const [index, title] of ["One", "Two", "Three", "Four", "Five"].entries()) {
    // every other one has a cover, so that a row taken for its neighbour shows
    tracks.unshift(await track(visitor, title, index % 2 === 0));
  }
  const expected = (left: readonly Track[], playing?: string) =>
    left.map(({ id, title, coverUrl }) => ({
      title,
      href: `/tracks/${id}`,
      covered: coverUrl !== null,
      named: `${id === playing ? "Pause" : "Play"} ${title}`,
      waves: 1,
      current: id === playing,
    }));
  await open(page, "/library");
  deepEqual(await rows(visitor), expected(tracks));

  const [, second, third] = tracks;
  await page.click(`.row-title[href='/tracks/${third!.id}']`);
  await page.waitForSelector(".track .stage-title");
  await page.click("form[data-delete] button");
  await page.waitForSelector("#page .rows");
  await page.waitForFunction(() => document.querySelectorAll("#page .row").length === 4);
  const left = tracks.filter(({ id }) => id !== third!.id);
  deepEqual(await rows(visitor), expected(left));

  await page.click(`.row-title[href='/tracks/${second!.id}']`);
  await page.waitForSelector(`.stage-title:has-text("${second!.title}")`);
  await page.click(".play-large");
  await page.waitForSelector(`.play-large[aria-label="Pause ${second!.title}"]`);
  await page.click(".rail a[href='/library']");
  await page.waitForSelector("#page .row.is-current");
  deepEqual(await rows(visitor), expected(left, second!.id), "what plays is marked on a new page");

  await page.getByRole("button", { name: "Undo" }).click();
  await page.waitForFunction(() => document.querySelectorAll("#page .row").length === 5);
  deepEqual(await rows(visitor), expected(tracks, second!.id), "Undo puts the row back whole");
  await page.reload();
  await ready(page);
  equal((await rows(visitor)).length, 5, "nothing was deleted");
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[U1] a version is deleted ten seconds later, and Undo keeps it", async () => {
  const visitor = await visit(site);
  const { page, context, problems } = visitor;
  await register(page);
  const { id } = await track(visitor, "Quay", false);
  const cookie = await cookieOf(visitor);
  const second = new FormData();
  second.set("file", new Blob([await song("mp3", 3)]), "Take 2.mp3");
  const address = `/api/v1/tracks/${id}/versions`;
  equal(
    (await ask(site.url, address, { cookie, headers: { Origin: site.url }, body: second })).status,
    202,
  );
  await open(page, `/tracks/${id}/edit`);
  await page.waitForSelector(".version[data-status=ready].is-current:has-text('Take 2.mp3')", {
    timeout: 90_000,
  });
  const names = () => page.locator(".version-name").allInnerTexts();
  const kept = async () =>
    (await ask<{ items: unknown[] }>(site.url, address, { cookie })).body.items.length;
  const remove = page.getByRole("button", { name: "Delete the version Quay.mp3" });
  await remove.click();
  deepEqual(await names(), ["Take 2.mp3"], "out of sight at once");
  await page.click(".rail a[href='/library']");
  await page.waitForSelector("#page .row-title");
  await page.click("#page .row-title");
  await page.click(`a[href='/tracks/${id}/edit']`);
  await page.waitForSelector(".version");
  await page.waitForFunction(() => document.querySelectorAll(".version").length === 1);
  equal(await kept(), 2, "but there still");
  await page.getByRole("button", { name: "Undo" }).click();
  await remove.waitFor();
  deepEqual(await names(), ["Take 2.mp3", "Quay.mp3"]);
  await remove.click();
  await page.goto("/"); // leaving the site is no change of mind
  for (let tries = 0; tries < 50 && await kept() > 1; tries++) await page.waitForTimeout(100);
  equal(await kept(), 1);
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[W1] without script one is asked before a version or a track goes", async () => {
  const visitor = await visit(site, { javaScriptEnabled: false });
  const { page, context } = visitor;
  await register(page);
  const { id } = await track(visitor, "Quay", false);
  const cookie = await cookieOf(visitor);
  const second = new FormData();
  second.set("file", new Blob([await song("mp3", 3)]), "Take 2.mp3");
  const address = `/api/v1/tracks/${id}/versions`;
  await ask(site.url, address, { cookie, headers: { Origin: site.url }, body: second });
  await page.goto(`/tracks/${id}/edit`);
  for (let tries = 0; tries < 90 && await page.locator(".version form").count() < 2; tries++) {
    await page.waitForTimeout(500);
    await page.reload();
  }
  const remove = page.getByRole("button", { name: "Delete the version Quay.mp3" });
  await remove.click();
  equal(await page.locator("h1").innerText(), "Delete “Quay.mp3”?");
  await page.getByRole("link", { name: "Keep it" }).click();
  equal(await page.locator(".version").count(), 2);
  await remove.click();
  await page.getByRole("button", { name: "Delete for good" }).click();
  equal(await page.locator(".version").count(), 1);

  await page.goto(`/tracks/${id}`);
  await page.click("form[data-delete] button");
  equal(await page.locator("h1").innerText(), "Delete “Quay”?");
  equal((await ask(site.url, `/api/v1/tracks/${id}`)).status, 200, "it was only asked");
  await page.getByRole("button", { name: "Delete for good" }).click();
  await page.waitForURL("**/library");
  equal((await ask(site.url, `/api/v1/tracks/${id}`)).status, 404);
  await context.close();
});
