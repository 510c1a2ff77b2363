/** Rooms, with two browsers side by side: everything that one does, the other sees. */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { open, type Stand, stand, visit } from "./support.ts";
import { act, enter, makeRoom, type Person, person, row, say, texts } from "./rooms_support.ts";

let site: Stand;
let ada: Person;
let ben: Person;
let room = "";

Deno.test.beforeAll(async () => {
  site = await stand();
  [ada, ben] = [await person(site, "Ada Quay"), await person(site, "Ben Ortiz")];
});
Deno.test.afterAll(() => site?.stop());

Deno.test("[C8] a room is made, found and entered; what is said is seen by the other, at once and in order", async () => {
  const { page } = ada;
  await open(page, "/rooms");
  await page.getByText("New room").click();
  await page.fill("[name=name]", "Field recordings");
  await page.fill("[name=topic]", "Harbours and rain");
  await page.getByRole("button", { name: "Make the room" }).click();
  await page.waitForURL(/\/rooms\/[0-9a-f-]{36}$/);
  room = new URL(page.url()).pathname;
  await page.waitForSelector(".room-keys");
  await say(page, "First **take** from the pier");
  await say(page, "Wind is too loud");
  await page.waitForSelector("#m2");
  equal(await page.locator("#m1 strong").innerText(), "take");
  await open(ben.page, "/rooms?q=harbours");
  await ben.page.getByRole("link", { name: /Field recordings/ }).click();
  await ben.page.waitForSelector("#m2");
  await ben.page.waitForSelector(".room-keys");
  await say(ben.page, "Two omnis in a hat");
  await page.waitForSelector("#m3");
  // writing joins
  await ben.page.getByRole("button", { name: "Join the room" }).waitFor({ state: "detached" });
  deepEqual(await texts(page), await texts(ben.page));
  equal(await page.locator(".message.is-waiting").count(), 0);
});

Deno.test("[C10] who is there, who writes and who has seen it", async () => {
  await ben.page.locator("#write").pressSequentially("Hm");
  await ada.page.getByText("Ben Ortiz is writing").waitFor();
  await ben.page.fill("#write", "");
  await ada.page.locator(".person[data-status=online]").filter({ hasText: "Ben Ortiz" }).waitFor();
  await ben.page.getByText("Seen by Ada Quay").waitFor();
});

Deno.test("[C9] reactions by the picker, by keys and by a press", async () => {
  await act(ben.page, "Wind is too loud", "Add a reaction");
  await ben.page.locator(".picker-find").pressSequentially("headph");
  await ben.page.keyboard.press("Enter");
  const sign = row(ada.page, "Wind is too loud").locator(".sign");
  await sign.waitFor();
  equal(await sign.getAttribute("aria-pressed"), "false");
  equal(await sign.getAttribute("title"), "🎧 by Ben Ortiz");
  await sign.click();
  await row(ben.page, "Wind is too loud").locator(".sign-count").getByText("2").waitFor();
  await sign.click();
  await row(ben.page, "Wind is too loud").locator(".sign-count").getByText("1").waitFor();
});

Deno.test("[C9] an answer quotes, and leads to what it answers; a mention is completed", async () => {
  await act(ben.page, "Wind is too loud", "Answer");
  await ben.page.locator("#write").pressSequentially("A fur helps @ada");
  await ben.page.locator(".names [role=option]").first().waitFor();
  await ben.page.keyboard.press("Tab");
  match(await ben.page.inputValue("#write"), new RegExp(`^A fur helps @${ada.username} $`));
  await ben.page.keyboard.press("Enter");
  const answer = ada.page.locator(".message", { hasText: "A fur helps" });
  const quote = answer.locator(".quote");
  await quote.waitFor();
  match(await quote.innerText(), /Wind is too loud/);
  equal(await answer.locator(".mention").getAttribute("href"), `/@${ada.username}`);
  await quote.locator("a").click();
  ok(await ada.page.locator("#m2").isVisible());
});

Deno.test("[C9] one's own message is mended in its place, and deleted unless it is called back", async () => {
  const { page } = ada;
  await page.focus("#write");
  await page.keyboard.press("ArrowUp");
  const field = page.getByRole("textbox", { name: "Edit the message" });
  equal(await field.inputValue(), "Wind is too loud");
  await field.fill("Wind is far too loud");
  await field.press("Enter");
  await row(ben.page, "Wind is far too loud").getByText("edited").waitFor();
  await act(page, "Wind is far too loud", "Delete");
  await row(page, "Wind is far too loud").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Undo" }).click();
  await row(page, "Wind is far too loud").waitFor();
  await act(page, "Wind is far too loud", "Delete");
  await ben.page.locator("#m2").getByText("This message was deleted.").waitFor({ timeout: 15_000 });
  const answer = ben.page.locator(".message", { hasText: "A fur helps" });
  match(await answer.locator(".quote").innerText(), /was deleted/);
});

Deno.test("[C9] what is pinned is listed; a link leads to a message", async () => {
  await ada.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await act(ada.page, "Two omnis in a hat", "Pin");
  await row(ben.page, "Two omnis in a hat").getByText("Pinned").waitFor();
  await ben.page.locator("[data-panel-key=pins]").click();
  await ben.page.locator(".found-text").getByText("Two omnis in a hat").waitFor();
  await ben.page.keyboard.press("Escape");
  await act(ada.page, "Two omnis in a hat", "Copy link");
  const link = await ada.page.evaluate(() => navigator.clipboard.readText());
  equal(link, `${site.url}${room}?at=3`);
  await open(ben.page, `${room}?at=3`);
  await ben.page.locator("#m3.is-marked").waitFor();
});

Deno.test("[C7] what was said is found by words and by its day", async () => {
  const { page } = ben;
  await page.locator("[data-panel-key=search]").click();
  await page.fill("#search-words", "pier");
  await page.keyboard.press("Enter");
  await page.locator(".found-text").getByText("First take from the pier").click();
  await page.fill("#search-words", "nothing like it");
  await page.keyboard.press("Enter");
  await page.getByText("No message has these words.").waitFor();
  await page.fill("#search-day", new Date().toISOString().slice(0, 10));
  await page.getByRole("button", { name: "Go", exact: true }).click();
  await page.locator("#m1").waitFor();
});

Deno.test("[C8] unread rooms are counted in the frame and the list, and a line shows where one stopped", async () => {
  await open(ben.page, "/rooms");
  await say(ada.page, "While Ben was away");
  await say(ada.page, "And once more");
  const entry = ben.page.locator(".my-room").filter({ hasText: "Field recordings" });
  await entry.locator(".my-room-count").getByText("2", { exact: true }).waitFor();
  equal(await ben.page.locator("[data-rooms-count]").innerText(), "1");
  await open(ben.page, "/library");
  equal(await ben.page.locator("[data-rooms-count]").innerText(), "1", "the server counts too");
  await enter(ben.page, room);
  await ben.page.locator(".unread-line").waitFor();
  const [line, first] = await Promise.all([
    ben.page.locator(".unread-line").boundingBox(),
    row(ben.page, "While Ben was away").boundingBox(),
  ]);
  ok(line && first && line.y < first.y && first.y - line.y < 80, "the line stands before it");
  await ben.page.waitForFunction(() =>
    document.querySelector<HTMLElement>("[data-rooms-count]")?.hidden
  );
});

Deno.test("[C8] a direct room is begun by a name; both have it, and each sees that it was read", async () => {
  const { page } = ada;
  await open(page, "/rooms");
  await page.getByText("New message").click();
  await page.fill("[name=to]", ben.username);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Start" }).click();
  await page.waitForURL(/\/rooms\/[0-9a-f-]{36}$/);
  equal(await page.locator("h1").innerText(), "Ben Ortiz");
  await page.waitForSelector(".room-keys");
  await say(page, "Shall we go together?");
  await page.locator("#m1").waitFor();
  await enter(ben.page, new URL(page.url()).pathname);
  equal(await ben.page.locator("h1").innerText(), "Ada Quay");
  await page.getByText("Seen", { exact: true }).waitFor();
});

Deno.test("[C8] moderation: slow mode, muted at once, banned at once, let in again", async () => {
  await enter(ada.page, room);
  await enter(ben.page, room);
  await ada.page.locator("[data-panel-key=settings]").click();
  await ada.page.selectOption("#room-slow", "30");
  await ada.page.getByRole("button", { name: "Save" }).click();
  await ben.page.getByText("One message every 30 sec").waitFor();
  await ada.page.selectOption("#room-slow", "0");
  await ada.page.getByRole("button", { name: "Save" }).click();
  await ada.page.keyboard.press("Escape");
  const menu = ada.page.getByLabel("What to do with Ben Ortiz");
  await menu.click();
  await ada.page.getByRole("button", { name: "Mute for 10 min" }).click();
  await ben.page.getByText("You may not write here for now.").waitFor({ timeout: 2_000 });
  await menu.click();
  await ada.page.getByRole("button", { name: "Let write again" }).click();
  await ben.page.waitForSelector("#write");
  await menu.click();
  await ada.page.getByRole("button", { name: "Ban…" }).click();
  await ada.page.fill("#ban-reason", "Too many hats");
  await ada.page.locator("dialog").getByRole("button", { name: "Ban" }).click();
  await ben.page.getByText("You are banned from this room.").waitFor({ timeout: 2_000 });
  await ada.page.getByText("Too many hats").waitFor();
  await ada.page.getByRole("button", { name: "Let in again" }).click();
  await ada.page.getByText("Too many hats").waitFor({ state: "detached" });
  await enter(ben.page, room);
});

Deno.test("[C8] a room for members only is entered by a link, once it is made", async () => {
  const path = await makeRoom(ada.page, { kind: "private", name: "The hut" });
  equal((await ben.page.goto(path))?.status(), 404);
  ben.problems.length = 0; // the browser notes a 404 of the page
  await enter(ada.page, path);
  await ada.page.locator("[data-panel-key=settings]").click();
  await ada.page.getByRole("button", { name: "Make a link" }).click();
  const url = await ada.page.getByLabel("Invitation link").inputValue();
  await open(ben.page, new URL(url).pathname);
  await ben.page.getByRole("button", { name: "Enter the room" }).click();
  await ben.page.waitForURL(`**${path}`);
  await ben.page.waitForSelector(".room-keys");
  await say(ben.page, "Warm in here");
  await row(ada.page, "Warm in here").waitFor();
});

Deno.test("[W5] by keys alone: to a message, answer, mend, react, and back to where one writes", async () => {
  const { page } = ada;
  await enter(page, room);
  await say(page, "By keys");
  await row(page, "By keys").waitFor();
  await page.keyboard.press("Shift+Tab");
  await page.waitForFunction(() => document.activeElement?.matches(".message"));
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("+");
  await page.waitForSelector(".picker");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await row(page, "By keys").locator(".sign").waitFor();
  await page.waitForFunction(() => document.activeElement?.matches(".message"));
  await page.keyboard.press("e");
  await page.waitForFunction(() => document.activeElement?.closest(".mend"));
  await page.keyboard.type(" alone");
  await page.keyboard.press("Enter");
  await row(page, "By keys alone").waitFor();
  await page.waitForFunction(() => document.activeElement?.matches(".message"));
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.closest(".acts-bar"));
  await page.keyboard.press("Escape");
  await page.keyboard.press("r");
  await page.waitForFunction(() => document.activeElement?.id === "write");
  await page.locator(".answering-name").waitFor();
  await page.keyboard.press("Escape");
  await page.locator(".answering-name").waitFor({ state: "detached" });
});

Deno.test("[W1] without script a room is read and written in; a guest reads", async () => {
  const plain = await visit(site, { javaScriptEnabled: false });
  await plain.page.goto(room);
  ok((await texts(plain.page)).includes("Two omnis in a hat"));
  equal(await plain.page.locator("#write").count(), 0);
  const cookies = await ben.context.cookies();
  await plain.context.addCookies(cookies);
  await plain.page.goto(room);
  await plain.page.fill("#write", "By form alone");
  await plain.page.getByRole("button", { name: "Send", exact: true }).click();
  ok((await texts(plain.page)).includes("By form alone"));
  await row(ada.page, "By form alone").waitFor();
  await plain.context.close();
});

Deno.test("[W6] the pages of rooms in French", async () => {
  const visitor = await visit(site, { locale: "fr-FR" });
  await open(visitor.page, room);
  equal(
    await visitor.page.locator(".write-closed").innerText().then((text) => text.slice(0, 14)),
    "Connectez-vous",
  );
  await open(visitor.page, "/rooms");
  equal(await visitor.page.locator("h1").innerText(), "Salons");
  deepEqual(visitor.problems, []);
  await visitor.context.close();
});

Deno.test("[C8] a room that is deleted is gone for those who are in it", async () => {
  await enter(ben.page, room);
  await open(ada.page, `${room}/delete`);
  await ada.page.locator("[name=sure]").click();
  await ada.page.waitForURL("**/rooms");
  await ben.page.getByText("You are no longer in this room.").waitFor({ timeout: 2_000 });
});

Deno.test("[W10] nothing of this was an error in the console", () => {
  deepEqual([...ada.problems, ...ben.problems], []);
});
