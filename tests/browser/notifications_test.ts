/** Notifications in the page: the bell, its panel, notes as they come, the list (D12). */
import { deepEqual, equal, match } from "node:assert/strict";
import type { Track } from "../../domain/tracks.ts";
import { song } from "../support/audio.ts";
import { ask } from "../support/client.ts";
import { creator, makeLive } from "../support/live.ts";
import { until } from "../support/processes.ts";
import { join, makeRoom, message, probeAs } from "../support/sockets.ts";
import {
  checkAxe,
  open,
  picture,
  playedPast,
  register,
  type Stand,
  stand,
  type Visit,
  visit,
} from "./support.ts";

let site: Stand;
Deno.test.beforeAll(async () => {
  site = await stand();
});
Deno.test.afterAll(() => site?.stop());

/** Uploads past the page, as another window of the same person does. */
async function send({ context }: Visit, title: string, damaged = false): Promise<string> {
  const cookies = await context.cookies();
  const bytes = await song("mp3", damaged ? 20 : 2);
  if (damaged) bytes.fill(0x37, 3_000);
  const form = new FormData();
  form.set("title", title);
  form.set("file", new Blob([bytes]), "a.mp3");
  const sent = await ask<{ track: Track }>(site.url, "/api/v1/tracks", {
    cookie: cookies.map(({ name, value }) => `${name}=${value}`).join("; "),
    headers: { Origin: site.url },
    body: form,
  });
  equal(sent.status, 202, JSON.stringify(sent.body));
  return sent.body.track.id;
}

const bell = ({ page }: Visit) => page.locator("a[data-bell]:visible");
const count = (visitor: Visit) => bell(visitor).locator("[data-bell-count]");
const note = ({ page }: Visit, text: string) => page.locator(".toast", { hasText: text });
/** Waits until the bell shows `number`; "" is none. */
const rings = (visitor: Visit, number: string) =>
  visitor.page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll("a[data-bell]")].every((one) => {
        const shown = one.querySelector<HTMLElement>("[data-bell-count]");
        return (shown?.hidden ? "" : shown?.textContent) === wanted;
      }),
    number,
  );
/** Waits until so many have come, and all are read. */
const readAll = ({ page }: Visit, wanted: number) =>
  until(`${wanted} that are read`, () =>
    page.evaluate(async (wanted) => {
      const { items } = await (await fetch("/api/v1/notifications")).json();
      return items.length === wanted && items.every((one: { read: boolean }) => one.read);
    }, wanted), 20_000);
/** Waits until what `selector` names has the focus. */
const focused = ({ page }: Visit, selector: string) =>
  page.waitForFunction((wanted) => document.activeElement?.matches(wanted), selector);
/** Waits until the page has been swapped. */
const settled = ({ page }: Visit) => page.waitForSelector("html:not([aria-busy])");

Deno.test("[D12] a recording uploaded in one window is told in another: a note that plays it, and the bell of all", async () => {
  const visitor = await visit(site);
  const { page, context, problems } = visitor;
  await register(page);
  await open(page, "/library");
  const other: Visit = { ...visitor, page: await context.newPage() };
  await open(other.page, "/");
  equal(await count(visitor).isVisible(), false);
  await send(visitor, "Night ferry");
  await note(visitor, "“Night ferry” is ready").waitFor();
  await Promise.all([rings(visitor, "1"), rings(other, "1")]);
  await page.getByRole("button", { name: "Notifications 1 unread" }).waitFor();
  await page.click(".toast button");
  await playedPast(page, 0.1);
  await Promise.all([rings(visitor, ""), rings(other, "")]); // heard here is read there
  equal(await note(visitor, "Night ferry").count(), 0);

  const id = await send(visitor, "Broken", true);
  await note(visitor, "“Broken” could not be prepared. The file is damaged.").waitFor();
  await page.click(".toast button");
  await page.waitForURL(`**/tracks/${id}`);
  await rings(other, "");
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[D12] on the page of what it tells of, no note is shown, and it counts as read", async () => {
  const visitor = await visit(site);
  const { page, context, problems } = visitor;
  await register(page);
  await open(page, "/library");
  const id = await send(visitor, "Seen at once");
  await open(page, `/tracks/${id}`);
  await readAll(visitor, 1);
  await rings(visitor, "");
  equal(await page.locator(".toast").count(), 0);
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[C9] who is mentioned is led to the message; who sees that room already, also beside a stream, hears nothing more", async () => {
  const visitor = await visit(site);
  const { page, context, problems } = visitor;
  const username = await register(page);
  await open(page, "/library");
  const ben = await creator(site.url);
  const { id: roomId } = await makeRoom(site.url, ben);
  using talk = await probeAs(site.url, ben);
  await talk.ask(join(roomId));
  const said = await talk.ask(message(roomId, `Listen, @${username}`));
  await note(visitor, `${ben.user.displayName} mentioned you in Workshop`).waitFor();
  await rings(visitor, "1");
  await page.click(".toast button");
  await page.waitForURL(`**/rooms/${roomId}?at=${said.data.seq}`);
  await page.getByText("Listen, ").first().waitFor();
  await rings(visitor, "");

  await talk.ask(message(roomId, `And @${username}, again`));
  await readAll(visitor, 2);
  equal(await page.locator(".toast").count(), 0);

  const stream = await makeLive(site.url, ben);
  await talk.ask(join(stream.roomId));
  await open(page, `/live/${stream.id}`);
  await talk.ask(message(stream.roomId, `@${username}, the chat of a stream is a room too`));
  await readAll(visitor, 3);
  equal(await page.locator(".toast").count(), 0);
  await rings(visitor, "");
  await page.setViewportSize({ width: 360, height: 400 });
  await page.evaluate(() => scrollTo(0, 0));
  await page.waitForTimeout(100);
  await talk.ask(message(stream.roomId, `@${username}, and this is below the screen`));
  await note(visitor, `${ben.user.displayName} mentioned you`).waitFor();
  deepEqual(problems, []);
  talk.socket.close();
  await talk.closed;
  await context.close();
});

Deno.test("[W5] the bell by keyboard: opened, walked through, closed, and the focus is back", async () => {
  const visitor = await visit(site);
  const { page, context, problems } = visitor;
  await register(page);
  await open(page, "/");
  await bell(visitor).press("Enter");
  await page.locator(".bell-panel").getByText("Here you are told").waitFor();
  await focused(visitor, ".bell-panel button[aria-label=Close]");
  await checkAxe(page, "the empty panel");
  await page.keyboard.press("Escape");
  await page.locator(".bell-panel").waitFor({ state: "detached" });
  await focused(visitor, "a[data-bell]");

  await send(visitor, "Night ferry");
  await note(visitor, "Night ferry").waitFor();
  await page.keyboard.press("Space");
  await page.locator(".bell-panel .note.is-unread").waitFor();
  equal(await page.locator(".toast").count(), 0); // the panel has the same
  await checkAxe(page, "the panel");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await rings(visitor, "");
  equal(await page.locator(".bell-panel .is-unread").count(), 0);
  await page.locator(".bell-panel .note-what").focus();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/tracks/*");
  await page.locator(".bell-panel").waitFor({ state: "detached" });
  await focused(visitor, "#page h1, #page h2, #page [data-focus]");
  await page.keyboard.press("g");
  await page.keyboard.press("n");
  await page.waitForURL("**/notifications");
  await page.locator("#page .note").waitFor();
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[D12] the list: filled while one looks, marked, deleted and called back, chosen from", async () => {
  const visitor = await visit(site, { theme: "night" });
  const { page, context, problems } = visitor;
  await register(page);
  await open(page, "/notifications");
  await checkAxe(page, "no notifications");
  await send(visitor, "Night ferry");
  await page.locator("#page .note.is-unread").waitFor();
  equal(await page.locator(".toast").count(), 0);
  await send(visitor, "A name so long that it needs more than a line of a narrow screen", true);
  await page.locator("#page .note").nth(1).waitFor();
  match(await page.locator("#page .note").first().innerText(), /The file is damaged/);
  await checkAxe(page, "notifications by night");
  await picture(page, "notifications-night");
  await page.click("#page .notes-acts button");
  await rings(visitor, "");
  await page.waitForFunction(() => !document.querySelector("#page .is-unread"));
  await page.locator("h1:focus").waitFor(); // the page that answers is here: it takes the focus along
  await page.locator("#page .note button").first().press("Enter");
  await page.locator("#page .note:only-child button:focus").waitFor(); // whose keys it was goes on
  await page.locator(".toast button").click();
  equal(await page.locator("#page .note").count(), 2);

  await page.click("#page .page-head a");
  await page.waitForURL("**/settings/notifications");
  await settled(visitor);
  await checkAxe(page, "the choice");
  await page.uncheck("[name=track-ready]");
  await page.click("#page button[type=submit]");
  await page.waitForURL("**/settings/notifications?saved");
  equal(await page.isChecked("[name=track-ready]"), false);
  equal(await page.isChecked("[name=track-failed]"), true);

  await context.addCookies([
    { name: "veza_theme", value: "paper", url: site.url },
    { name: "veza_language", value: "fr", url: site.url },
  ]);
  await page.setViewportSize({ width: 360, height: 740 });
  for (const path of ["/notifications", "/settings/notifications"]) {
    await open(page, path);
    await checkAxe(page, `${path} in French on paper, narrow`);
    equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, path);
  }
  await open(page, "/");
  await bell(visitor).click();
  await page.locator(".bell-panel .note").first().waitFor();
  await checkAxe(page, "the sheet");
  await picture(page, "notifications-sheet-paper-360");
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[W1] without script the bell is a link with its number, and notifications are read and deleted", async () => {
  const visitor = await visit(site, { javaScriptEnabled: false });
  const { page, context } = visitor;
  await register(page);
  await send(visitor, "Night ferry");
  while (!await count(visitor).isVisible()) await page.goto("/library");
  equal(await count(visitor).innerText(), "1");
  await bell(visitor).click();
  await page.waitForURL("**/notifications");
  await page.click("#page .notes-acts button");
  // each is a page of its own: what is in it is waited for
  await count(visitor).waitFor({ state: "hidden" });
  const note = page.locator("#page .note");
  await note.waitFor();
  equal(await note.count(), 1);
  await page.click("#page .note button");
  await page.locator("#page .empty").waitFor();
  equal(await note.count(), 0);
  await context.close();
});
