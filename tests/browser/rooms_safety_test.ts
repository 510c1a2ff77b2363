/** Pages of rooms are clean for axe at every width and in each theme; and whatever is said is text. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { checkAxe, open, picture, type Stand, stand } from "./support.ts";
import { api, enter, makeRoom, person, row, say } from "./rooms_support.ts";

let site: Stand;
Deno.test.beforeAll(async () => void (site = await stand()));
Deno.test.afterAll(() => site?.stop());

Deno.test("[W5] rooms, a room and its panels are clean for axe, and no wider than the screen", async () => {
  const ada = await person(site, "Mara Velić");
  const ben = await person(site, "Ben Ortiz");
  const room = await makeRoom(ada.page, {
    kind: "public",
    name: "Field recordings",
    topic: "Harbours, stairwells, rain: what you heard and how you caught it",
  });
  await enter(ada.page, room);
  await enter(ben.page, room);
  await say(ada.page, "First take from the pier. **Wind** is `too loud`.");
  await row(ben.page, "First take from the pier. Wind is too loud.").or(ben.page.locator("#m1"))
    .first().waitFor();
  await say(ben.page, "> A quote of somebody\n\n```\nffmpeg -i pier.wav\n```");
  await ben.page.locator("#m2").waitFor();
  await say(ada.page, `See https://example.org/microphones, @${ben.username}`);
  await ada.page.locator("#m3").waitFor();
  await ben.page.locator("#m3").hover();
  await ben.page.getByRole("button", { name: "Add a reaction" }).click();
  await ben.page.locator(".pick").first().click();
  await ada.page.locator(".sign").waitFor();
  await ben.context.close();
  const { page } = ada;
  for (const theme of ["night", "paper"]) {
    await ada.context.addCookies([{ name: "veza_theme", value: theme, url: site.url }]);
    for (const width of [360, 1440]) {
      await page.setViewportSize({ width, height: 800 });
      const look = async (name: string) => {
        await page.waitForTimeout(150);
        await checkAxe(page, `${name} in ${theme} at ${width} px`);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        ok(over <= 0, `${name} is ${over} px too wide at ${width} px`);
        await picture(page, `rooms-${name}-${theme}-${width}`);
      };
      await open(page, "/rooms");
      await look("list");
      await page.getByText("New room").click();
      await look("new");
      await open(page, "/rooms?to=ben");
      await look("direct");
      await enter(page, room);
      await look("room");
      await page.locator("#m3").hover();
      await page.getByRole("button", { name: "Add a reaction" }).click();
      await look("picker");
      await page.keyboard.press("Escape");
      for (const panel of ["people", "pins", "search", "settings"]) {
        // beside the room the people are there already
        if (panel === "people" && width > 1_000) continue;
        await page.locator(`[data-panel-key=${panel}]`).click();
        await look(panel);
        await page.keyboard.press("Escape");
      }
    }
  }
  deepEqual(ada.problems, []);
  await ada.context.close();
});

/** Each would call `hit` if it were markup, or an address that is followed. */
const PAYLOADS = [
  "<script>hit()</script>",
  "<img src=x onerror=hit()>",
  "<svg onload=hit()>",
  "<svg><script>hit()</script></svg>",
  "<iframe src=javascript:parent.hit()></iframe>",
  "<iframe srcdoc='<script>parent.hit()</script>'>",
  "<body onload=hit()>",
  "<details open ontoggle=hit()>",
  "<video><source onerror=hit()></video>",
  "<audio src=x onerror=hit()>",
  "<input autofocus onfocus=hit()>",
  "<select autofocus onfocus=hit()>",
  "<textarea autofocus onfocus=hit()>",
  "<marquee onstart=hit()>",
  "<object data=javascript:hit()>",
  "<embed src=javascript:hit()>",
  "<math><mtext><script>hit()</script></mtext></math>",
  "<style>@import 'javascript:hit()'</style>",
  "<link rel=stylesheet href=javascript:hit()>",
  "<meta http-equiv=refresh content='0;url=javascript:hit()'>",
  "<base href=javascript:hit()//>",
  "<form action=javascript:hit()><button autofocus>",
  "<a href=javascript:hit()>x</a>",
  "<img src=x:x onerror=&#104;it()>",
  "<IMG SRC=x ONERROR=hit()>",
  "<img/src=x/onerror=hit()>",
  "<img src=x onerror\n=hit()>",
  "<<script>hit()//<</script>",
  "<scr<script>ipt>hit()</scr</script>ipt>",
  '"><img src=x onerror=hit()>',
  "'><img src=x onerror=hit()>",
  '" onmouseover=hit() x="',
  "' autofocus onfocus=hit() '",
  "</textarea><script>hit()</script>",
  "</title><script>hit()</script>",
  "</style><script>hit()</script>",
  "</script><script>hit()</script>",
  "--><script>hit()</script>",
  "]]><script>hit()</script>",
  "[x](javascript:hit())",
  "[x](JaVaScRiPt:hit())",
  "[x](java\tscript:hit())",
  "[x](&#106;avascript:hit())",
  "[x](data:text/html,<script>opener.hit()</script>)",
  "[x](vbscript:hit())",
  '[x](https://x.invalid/" onmouseover="hit())',
  "[x]: javascript:hit()\n\n[x]",
  "<javascript:hit()>",
  "![x](x onerror=hit())",
  "![x](javascript:hit())",
  "`<img src=x onerror=hit()>`",
  "```\n</code></pre><img src=x onerror=hit()>\n```",
  "> <img src=x onerror=hit()>",
  "- <svg onload=hit()>",
  "**<img src=x onerror=hit()>**",
  "| a |\n|---|\n| <img src=x onerror=hit()> |",
  "# <img src=x onerror=hit()>",
  "@<img src=x onerror=hit()>",
  "&lt;img src=x onerror=hit()&gt;",
  "\u202e<img src=x onerror=hit()>",
  "{{constructor.constructor('hit()')()}}",
  "${hit()}",
];

Deno.test("[C9] sixty payloads through every field: none runs, none becomes an element, with our CSP out of the way", async () => {
  ok(PAYLOADS.length >= 60);
  const short = (text: string, most: number) => text.replaceAll("\n", " ").slice(0, most);
  const eve = await person(site, "Eve", { bypassCSP: true });
  const mallory = await person(site, "Mallory");
  const { page } = eve;
  const hits: string[] = [];
  await page.exposeFunction("hit", () => void hits.push(page.url()));
  page.on("dialog", (dialog) => {
    hits.push(dialog.message());
    void dialog.dismiss();
  });
  await page.addInitScript(() => {
    Object.assign(globalThis, { alert: Reflect.get(globalThis, "hit") });
  });
  const check = async (where: string) => {
    await page.waitForTimeout(50);
    const strange = await page.evaluate(() =>
      [...document.querySelectorAll(
        "#page :is(script, iframe, img, object, embed, video, audio, math, marquee, style, link, meta, base), " +
          "#page [onerror], #page [onload], #page [onfocus], #page [onmouseover], #page [ontoggle], " +
          "#page a[href^='javascript' i], #page a[href^='data' i], #page a[href^='vbscript' i]",
      )].map((one) => one.outerHTML.slice(0, 200))
    );
    deepEqual(strange, [], where);
    deepEqual(hits, [], where);
  };
  const room = await makeRoom(page, { kind: "public", name: "Safe" });
  const id = room.split("/")[2] ?? "";
  await enter(page, room);
  for (const text of PAYLOADS) await say(page, text);
  await page.waitForFunction(
    (count) => document.querySelectorAll(".message[id]").length === count,
    PAYLOADS.length,
  );
  await check("messages, as they come");
  for (const link of await page.locator(".said a").all()) await link.hover();
  await check("messages under the pointer");
  await open(page, room);
  await check("messages, as the server draws them");

  equal(
    (await api(mallory.page, "POST", `/rooms/${id}/members`, { userId: mallory.id })).status,
    204,
  );
  for (const [at, text] of PAYLOADS.entries()) {
    // the room, its topic and words; the name of a person; the reason of a ban; a reaction
    await api(page, "PATCH", `/rooms/${id}`, {
      name: short(text, 80),
      topic: short(text, 500),
      blockedWords: [short(text, 40)],
    });
    await api(mallory.page, "PATCH", "/users/me", { displayName: short(text, 60) });
    if (at % 6 === 0) {
      await api(page, "POST", `/rooms/${id}/bans`, {
        userId: mallory.id,
        until: null,
        reason: short(text, 500),
      });
      await enter(page, room);
      await page.locator("[data-panel-key=settings]").click();
      await check(`settings: ${text}`);
      await page.keyboard.press("Escape");
      await page.locator(".bans li").first().waitFor();
      await check(`names and reasons: ${text}`);
      await api(page, "DELETE", `/rooms/${id}/bans/${mallory.id}`);
      await api(mallory.page, "POST", `/rooms/${id}/members`, { userId: mallory.id });
      await open(page, `/rooms?to=${encodeURIComponent(short(text, 40))}`);
      await check(`the list: ${text}`);
    }
  }
  const refused = await page.evaluate(async ([id, emojis]) => {
    const socket = new WebSocket(`${location.origin.replace("http", "ws")}/ws`);
    await new Promise((done) => (socket.onopen = done));
    const codes: string[] = [];
    const done = Promise.withResolvers<void>();
    socket.onmessage = ({ data }) => {
      for (const line of String(data).split("\n")) {
        const said = JSON.parse(line);
        if (said.type === "error") codes.push(said.data.code);
      }
      if (codes.length >= 15) done.resolve();
    };
    for (const emoji of emojis) {
      const data = { room_id: id, message_id: crypto.randomUUID(), emoji };
      socket.send(JSON.stringify({ type: "message", action: "react", data, request_id: "r" }));
    }
    await done.promise;
    socket.close();
    return [...new Set(codes)];
  }, [id, PAYLOADS.slice(0, 15)] as const);
  deepEqual(refused, ["invalid"], "a reaction is one sign");
  await eve.context.close();
  await mallory.context.close();
});
