/** Rooms when the line breaks, and when the log is long. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { SHOWN_MOST } from "../../islands/chat/messages.ts";
import { open, type Stand, stand } from "./support.ts";
import { api, enter, makeRoom, type Person, person, row, say, texts } from "./rooms_support.ts";

let site: Stand;
let ada: Person;
let room = "";

Deno.test.beforeAll(async () => {
  site = await stand();
  ada = await person(site, "Ada Quay");
  room = await makeRoom(ada.page, { kind: "public", name: "Long talk" });
});
Deno.test.afterAll(() => site?.stop());

const stored = async (page: Person["page"]) => {
  const { body } = await api<{ items: { content: string }[] }>(
    page,
    "GET",
    `${room}/messages?limit=100`,
  );
  return body.items.map(({ content }) => content);
};

Deno.test("[C4] what is written without a line is kept, also over a reload, and sent once", async () => {
  const { page, problems } = ada;
  await enter(page, room);
  await say(page, "Before");
  await row(page, "Before").waitFor();
  await site.node.kill9();
  await page.locator(".banner").waitFor();
  await say(page, "While away, one");
  await say(page, "While away, two");
  deepEqual(
    await page.locator(".is-waiting .message-state").allInnerTexts(),
    ["Waits for the line", "Waits for the line"],
  );
  await site.node.restart();
  await row(page, "While away, two").waitFor({ timeout: 40_000 });
  deepEqual(await stored(page), ["Before", "While away, one", "While away, two"]);
  equal(await page.locator(".banner").count(), 0);

  await page.routeWebSocket(/\/ws$/, (line) => void line.close());
  await open(page, room);
  await say(page, "Kept over a reload");
  await page.locator(".is-waiting").waitFor();
  await page.unrouteAll();
  const again = await ada.context.newPage();
  await open(again, room);
  await row(again, "Kept over a reload").waitFor();
  await page.close();
  deepEqual((await stored(again)).slice(-1), ["Kept over a reload"]);
  problems.length = 0; // the browser notes that there was no server
  Object.assign(ada, { page: again });
});

Deno.test("[C4] a message that is refused says why, is kept, and goes out under its name when it may", async () => {
  const { page } = ada;
  const ben = await person(site, "Ben Ortiz");
  await api(page, "PATCH", room, { blockedWords: ["turnip"] });
  await enter(ben.page, room);
  await say(ben.page, "A turnip, if you please");
  const failed = ben.page.locator(".is-waiting[data-standing=failed]");
  await failed.getByText("does not take").or(failed.getByText("not taken")).waitFor();
  const name = await failed.getAttribute("data-client");
  await say(ben.page, "A carrot then");
  await row(ben.page, "A carrot then").waitFor();
  await api(page, "PATCH", room, { blockedWords: [] });
  await failed.getByRole("button", { name: "Send again" }).click();
  await row(ben.page, "A turnip, if you please").waitFor();
  const { body } = await api<{ items: { clientId: string }[] }>(
    ben.page,
    "GET",
    `${room}/messages?limit=100`,
  );
  equal(body.items.at(-1)?.clientId, name);
  deepEqual(ben.problems, []);
  await ben.context.close();
});

Deno.test("[A15] a server that is cut off from the others is spoken of, until it is not any more", async () => {
  const { page } = ada;
  const tell: { session(action: string): void } = { session: () => {} };
  await page.routeWebSocket(/\/ws$/, (line) => {
    const server = line.connectToServer();
    server.onMessage((said) => line.send(said));
    tell.session = (action) => line.send(JSON.stringify({ type: "session", action, data: {} }));
  });
  await open(page, room);
  await page.waitForFunction(() => document.querySelector(".banner") === null);
  await say(page, "Through another way");
  await row(page, "Through another way").waitFor();
  tell.session("degraded");
  await page.getByRole("status").filter({ hasText: "cut off from the others" }).waitFor();
  tell.session("restored");
  await page.locator(".banner").waitFor({ state: "detached" });
  await page.unrouteAll();
});

Deno.test("[W4] a long log: older messages come above without a jump, and the page stays small", async () => {
  const { page } = ada;
  // through a second page's line, as fast as it goes
  await page.evaluate(async (id) => {
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/ws`);
    const open = Promise.withResolvers<void>();
    socket.onopen = () => open.resolve();
    await open.promise;
    let acked = 0;
    const done = Promise.withResolvers<void>();
    socket.onmessage = ({ data }) => {
      for (const line of String(data).split("\n")) {
        if (JSON.parse(line).request_id && ++acked === 700) done.resolve();
      }
    };
    for (let at = 1; at <= 700; at++) {
      const content = at % 7 === 0 ? `Line ${at}\n\nin two parts` : `Line ${at}`;
      const data = { room_id: id, client_id: crypto.randomUUID(), content };
      socket.send(JSON.stringify({ type: "message", action: "send", data, request_id: `${at}` }));
    }
    await done.promise;
    socket.close();
  }, room.split("/")[2]);
  await enter(page, room);
  await row(page, "Line 699").waitFor();
  const where = (text: string) =>
    row(page, text).evaluate((one) => Math.round(one.getBoundingClientRect().top));
  const oldest = () =>
    page.locator(".message[id]").first().evaluate((one) =>
      Number((one as HTMLElement).dataset.seq)
    );
  let jumps = 0;
  for (let round = 0; round < 12 && await oldest() > 1; round++) {
    const before = await oldest();
    const [seen, top] = await page.evaluate(() => {
      const log = document.querySelector(".log")!;
      log.scrollTop = 400;
      const first = [...log.querySelectorAll<HTMLElement>(".message[id]")]
        .find((one) => one.getBoundingClientRect().top > 200)!;
      return [first.id, first.getBoundingClientRect().top] as const;
    });
    await page.waitForFunction((seq) => {
      const first = document.querySelector<HTMLElement>(".message[id]");
      return Number(first?.dataset.seq) < seq;
    }, before);
    const after = await page.locator(`#${seen}`).evaluate((one) => one.getBoundingClientRect().top);
    if (Math.abs(after - top) > 2) jumps += 1;
    ok(await page.locator(".message[id]").count() <= SHOWN_MOST);
  }
  equal(jumps, 0);
  await page.getByText("This is where the room begins.").waitFor();
  ok((await texts(page)).includes("Before"));
  await page.getByRole("button", { name: "To the newest" }).click();
  await row(page, "Line 699").waitFor();
  ok(await where("Line 699") < 900);
  await open(page, `${room}?at=300`);
  await page.locator("#m300.is-marked").waitFor();
  ok(await page.locator("#m300").isVisible());
  await page.locator("#m300").hover();
  await page.getByRole("button", { name: "Add a reaction" }).click();
  await page.locator(".pick").first().click();
  await page.locator("#m300 .sign").waitFor();
  await open(page, `${room}?at=300`);
  await page.locator("#m300 .sign[aria-pressed=true]").waitFor();
});

Deno.test("[W10] nothing of this was an error in the console", () => {
  deepEqual(ada.problems, []);
});
