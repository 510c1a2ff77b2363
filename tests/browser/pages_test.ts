/** Every page, in each theme: no violation for axe, no error, no CSP report; and a picture. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { ffmpegMakes, KINDS, song } from "../support/audio.ts";
import { PASSWORD } from "../support/client.ts";
import {
  checkAxe,
  dropFiles,
  open,
  picture,
  playedPast,
  ready,
  register,
  type Stand,
  stand,
  visit,
} from "./support.ts";

let site: Stand;
const known = { username: "", trackId: "" };

/** Beats that come and go, so that pictures show a waveform and not a block. */
const piece = (ending: string, seconds: number) =>
  ffmpegMakes(ending, [
    "-f",
    "lavfi",
    "-i",
    "aevalsrc='exp(-5*mod(t,0.5))*(0.2+0.8*pow(abs(sin(t/5)),2))*sin(2*PI*90*t)" +
    `+0.1*sin(2*PI*330*t)*pow(sin(t/9),2)':s=44100:d=${seconds}`,
    ...(KINDS[ending] ?? []),
  ]);

Deno.test.beforeAll(async () => {
  site = await stand();
  for (const theme of ["night", "paper"] as const) {
    for (const width of [360, 1440]) {
      const { page, context } = await visit(site, { theme, viewport: { width, height: 900 } });
      await open(page, "/");
      await checkAxe(page, `empty site, ${theme}`);
      await picture(page, `empty-${theme}-${width}`);
      await context.close();
    }
  }
  const { page, context } = await visit(site);
  known.username = await register(page, "Mara Velić");
  await open(page, "/upload");
  await dropFiles(page, [
    { name: "First_light.flac", bytes: await piece("flac", 40) },
    { name: "Harbour.mp3", bytes: await piece("mp3", 20) },
  ]);
  await page.waitForFunction(() =>
    document.querySelectorAll(".upload[data-kind=done]").length === 2
  );
  const href = await page.locator(".upload-title a").first().getAttribute("href") ?? "";
  known.trackId = href.split("/").at(-1) ?? "";
  await context.close();
});
Deno.test.afterAll(() => site?.stop());

const guestPages = () => [
  ["home", "/"],
  ["track", `/tracks/${known.trackId}`],
  ["artist", `/@${known.username}`],
  ["search", "/search?q=har"],
  ["login", "/login"],
  ["register", "/register"],
  ["upload-guest", "/upload"],
  ["appearance", "/settings/appearance"],
];
const ownPages = () => [
  ["discover", "/"],
  ["library", "/library"],
  ["upload", "/upload"],
  ["own-track", `/tracks/${known.trackId}`],
  ["edit", `/tracks/${known.trackId}/edit`],
  ["profile", "/settings"],
  ["security", "/settings/security"],
];

for (const theme of ["night", "paper", "contrast"] as const) {
  for (const width of [360, 1440]) {
    Deno.test(`[W5] every page is clean for axe and quiet: ${theme}, ${width} px`, async () => {
      const { page, context, problems } = await visit(site, {
        theme,
        viewport: { width, height: 900 },
        reducedMotion: "reduce",
      });
      const check = async (pages: string[][]) => {
        for (const [name = "", path = ""] of pages) {
          await open(page, path);
          await page.waitForTimeout(150);
          await checkAxe(page, `${path} in ${theme} at ${width} px`);
          const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          ok(over <= 0, `${path} is ${over} px too wide at ${width} px`);
          if (theme !== "contrast") await picture(page, `${name}-${theme}-${width}`);
        }
      };
      await check(guestPages());
      deepEqual(problems, []);
      for (const [path, status] of [["/nothing-here", 404], ["/library", 401]] as const) {
        const response = await page.goto(path);
        equal(response?.status(), status);
        await ready(page);
        await checkAxe(page, `${path} in ${theme}`);
        if (theme !== "contrast") await picture(page, `error-${status}-${theme}-${width}`);
      }
      problems.length = 0; // the browser itself notes a 404 of the page
      await page.goto("/login");
      await page.fill("[name=login]", known.username);
      await page.fill("[name=password]", PASSWORD);
      await page.click("main button[type=submit]");
      await page.waitForSelector(`#page[data-user=${known.username}]`);
      await check(ownPages());
      // what opens over a page
      await open(page, `/tracks/${known.trackId}`);
      await page.click(".play-large");
      await playedPast(page, 0.3);
      await checkAxe(page, "the player");
      if (theme !== "contrast") await picture(page, `player-${theme}-${width}`);
      await page.getByRole("button", { name: "Queue" }).click();
      await page.waitForSelector(".panel");
      await checkAxe(page, "the queue");
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: "Open the large view" }).click();
      await page.waitForSelector("dialog.large[open]");
      await checkAxe(page, "the large view");
      if (theme !== "contrast") await picture(page, `large-${theme}-${width}`);
      await page.locator("dialog.large .volume input").fill("40");
      await page.waitForFunction(() =>
        document.querySelector<HTMLInputElement>(".player .volume input")?.value === "40"
      );
      await page.locator("dialog.large").getByRole("button", { name: "Queue" }).click();
      await page.waitForSelector(".panel");
      equal(await page.locator("dialog.large[open]").count(), 0, "nothing lies over the queue");
      await page.waitForFunction(() => document.activeElement?.closest(".panel"));
      await page.keyboard.press("Escape");
      await page.keyboard.press("?");
      await page.waitForSelector("dialog.help[open]");
      await checkAxe(page, "the keys");
      deepEqual(problems, []);
      await context.close();
    });
  }
}

Deno.test("[W1] without script: lists, search, a track, registration, upload, settings, sign-out", async () => {
  const { page, context, problems } = await visit(site, { javaScriptEnabled: false });
  await page.goto("/");
  ok(await page.locator(".row, .stage").count() > 0, "lists are in the page");
  await page.goto("/search?q=harbour");
  await page.click("text=Harbour");
  equal(await page.locator("h1").innerText(), "Harbour");
  equal(await page.locator("noscript audio, audio").count(), 1);
  const username = await register(page, "No Script");
  await page.goto("/upload");
  await page.fill("[name=title]", "By form alone");
  await page.setInputFiles("[name=file]", {
    name: "a.ogg",
    mimeType: "audio/ogg",
    buffer: (await import("node:buffer")).Buffer.from(await song("ogg", 2)),
  });
  await page.click("main button[type=submit]");
  await page.waitForURL("**/tracks/*");
  equal(await page.locator("h1").innerText(), "By form alone");
  await page.goto("/settings");
  await page.fill("[name=bio]", "Line <script>alert(1)</script>");
  await page.click("main form[action='/settings'] button");
  ok(await page.locator("text=Saved.").count() > 0);
  await page.goto(`/@${username}`);
  ok((await page.locator(".prose").innerText()).includes("<script>alert(1)</script>"));
  await page.goto("/settings");
  await page.click("form[action='/logout'] button");
  equal(await page.locator("#page").getAttribute("data-user"), "");
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[W1] a refused form keeps what was typed, says what is wrong at its field, not the password", async () => {
  const { page, context } = await visit(site, { javaScriptEnabled: false });
  await page.goto("/register");
  await page.fill("[name=email]", "ada@example.org");
  await page.fill("[name=username]", known.username);
  await page.fill("[name=password]", PASSWORD);
  await page.click("main button[type=submit]");
  equal(await page.inputValue("[name=email]"), "ada@example.org");
  equal(await page.inputValue("[name=password]"), "");
  equal(await page.locator("[name=username]").getAttribute("aria-invalid"), "true");
  ok(await page.locator("#field-username-error").innerText());
  await page.goto("/login?next=//evil.example/x");
  await page.fill("[name=login]", "nobody");
  await page.fill("[name=password]", "wrong password");
  await page.click("main button[type=submit]");
  equal(await page.inputValue("[name=login]"), "nobody");
  equal(await page.locator("[name=next]").getAttribute("value"), "/");
  await context.close();
});

Deno.test("[W6] French by the browser's wish, and by choice; the theme holds before any script", async () => {
  const { page, context, problems } = await visit(site, { locale: "fr-FR" });
  await open(page, "/");
  equal(await page.evaluate(() => document.documentElement.lang), "fr");
  ok(await page.locator("text=Découvrir").count() > 0);
  await open(page, "/settings/appearance");
  await page.check("[name=language][value=en]");
  await page.check("[name=theme][value=paper]");
  await page.click("main button[type=submit]");
  await page.waitForSelector("html[lang=en][data-theme=paper]");
  const html = await (await context.request.get("/")).text();
  ok(html.includes('<html lang="en" data-theme="paper">'), html.slice(0, 80));
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[W1] a track page before play costs at most 60 KB of script, hls.js not among it", async () => {
  const { page, context } = await visit(site);
  const scripts: string[] = [];
  page.on("response", (response) => {
    if (response.url().endsWith(".js")) scripts.push(response.url());
  });
  await open(page, `/tracks/${known.trackId}`);
  await page.waitForTimeout(500);
  let total = 0;
  for (const url of new Set(scripts)) {
    const file = decodeURIComponent(new URL(url).pathname).replace("/assets/", "");
    total += (await Deno.stat(`.cache/web/${file}.gz`)).size;
  }
  ok(!scripts.some((url) => url.includes("hls")), scripts.join());
  ok(total > 0 && total <= 60_000, `${total} bytes of gzip`);
  await context.close();
});

Deno.test("[W5] space plays what a fresh track page is about, and is left to what has the focus", async () => {
  const { page, context, problems } = await visit(site);
  await open(page, `/tracks/${known.trackId}`);
  const title = page.locator("#page h1");
  await page.locator("#page a").first().press("Space");
  equal(await page.locator("#player-audio").count(), 0, "a link keeps its keys");
  await title.press("Space");
  await playedPast(page, 0.2);
  await title.press("Space");
  await page.locator("#page .play-large[aria-label^=Play]").waitFor();
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[W5] the whole journey by keyboard: search, open, play, seek, queue, help", async () => {
  const { page, context, problems } = await visit(site);
  await open(page, "/");
  await page.keyboard.press("Tab");
  equal(await page.evaluate(() => document.activeElement?.className), "skip");
  await page.keyboard.press("/");
  await page.waitForURL("**/search");
  await page.waitForFunction(() => document.activeElement?.getAttribute("name") === "q");
  await page.keyboard.type("first");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/search?q=first");
  await page.locator(".row .play").focus();
  await page.keyboard.press("Enter");
  await playedPast(page, 0.2);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press("ArrowRight");
  await playedPast(page, 5);
  await page.keyboard.press("Space");
  await page.waitForFunction(() =>
    document.querySelector<HTMLAudioElement>("#player-audio")?.paused
  );
  await page.keyboard.press("Space");
  await playedPast(page, 5);
  await page.keyboard.press("q");
  await page.waitForSelector(".panel");
  equal(await page.evaluate(() => document.activeElement?.closest(".panel") !== null), true);
  await page.keyboard.press("Escape");
  await page.waitForSelector(".panel", { state: "detached" });
  await page.keyboard.press("g");
  await page.keyboard.press("d");
  await page.waitForURL((url) => url.pathname === "/");
  await page.keyboard.press("?");
  await page.waitForSelector("dialog.help[open]");
  await page.keyboard.press("Escape");
  await page.waitForSelector("dialog.help[open]", { state: "detached" });
  await playedPast(page, 6);
  deepEqual(problems, []);
  await context.close();
});
