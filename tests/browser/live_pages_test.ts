/** The studio, the page of a stream and the list: for everyone, by keyboard, without script. */
import { deepEqual, equal, ok } from "node:assert/strict";
import { clickingMicrophone, creator, goOnAir, listen } from "./live_support.ts";
import { api, type Person, person, say } from "./rooms_support.ts";
import { checkAxe, open, picture, ready, type Stand, stand, visit } from "./support.ts";

let site: Stand;
let wav = "";

Deno.test.beforeAll(async () => {
  const microphone = await clickingMicrophone();
  wav = microphone.path;
  site = await stand({}, microphone.flags);
});
Deno.test.afterAll(async () => {
  await site?.stop();
  await Deno.remove(wav);
});

const end = async ({ page }: Person) => {
  await page.locator(".studio-end").click();
  await page.getByRole("button", { name: "End it now" }).click();
  await page.getByText("The stream has ended.").waitFor();
};

Deno.test("[W5] [L8] live pages are clean for axe, and no wider than the screen; Discover shows who is on air", async () => {
  const host = await creator(site, "Mara Velić");
  const listener = await visit(site);
  const each = async (who: typeof listener, look: (name: string) => Promise<void>) => {
    for (const theme of ["night", "paper"]) {
      await who.context.addCookies([{ name: "veza_theme", value: theme, url: site.url }]);
      await who.page.evaluate((theme) => document.documentElement.dataset.theme = theme, theme);
      for (const width of [360, 1440]) {
        await who.page.setViewportSize({ width, height: 900 });
        await look(`${theme}-${width}`);
      }
    }
  };
  const check = async (page: Person["page"], name: string) => {
    await page.waitForTimeout(100);
    await checkAxe(page, name);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    ok(over <= 0, `${name} is ${over} px too wide`);
    await picture(page, `live-${name}`);
  };
  await open(listener.page, "/live");
  await each(listener, (name) => check(listener.page, `empty-${name}`));
  await open(host.page, "/studio");
  await host.page.click(".input-open");
  await host.page.getByRole("button", { name: "Turn the input off" }).waitFor();
  await each(host, (name) => check(host.page, `studio-${name}`));
  const path = await goOnAir(
    host.page,
    "Harbour at night: what the pier says when nobody is there",
  );
  await say(host.page, "Good evening. The wind is from the east.");
  await host.page.locator("summary", { hasText: "Send with a program" }).click();
  await each(host, (name) => check(host.page, `on-air-${name}`));
  await open(listener.page, "/");
  await listener.page.locator(".on-air-now").getByText("Mara Velić").waitFor();
  await each(listener, (name) => check(listener.page, `discover-${name}`));
  await open(listener.page, "/live");
  await each(listener, (name) => check(listener.page, `list-${name}`));
  await open(listener.page, `/@${host.username}`);
  await each(listener, (name) => check(listener.page, `artist-${name}`));
  await open(listener.page, "/search?q=harbour");
  await each(listener, (name) => check(listener.page, `found-${name}`));
  await listen(listener.page, path);
  await listener.page.getByText("For other players").click();
  await each(listener, (name) => check(listener.page, `listening-${name}`));
  await end(host);
  await listener.page.getByText("Thank you for listening.").waitFor();
  await each(listener, (name) => check(listener.page, `ended-${name}`));
  deepEqual([...host.problems, ...listener.problems], []);
  await host.context.close();
  await listener.context.close();
});

Deno.test("[W5] [L1] the whole way by keyboard: input, title, on air, end; the site's keys too", async () => {
  const host = await creator(site, "Ada Quay");
  const { page } = host;
  await open(page, "/");
  await page.keyboard.press("g");
  await page.keyboard.press("o");
  await page.waitForURL("**/studio");
  await ready(page);
  const reach = async (selector: string) => {
    for (let n = 0; n < 60; n++) {
      if (await page.locator(selector).evaluate((one) => one === document.activeElement)) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`No Tab leads to ${selector}`);
  };
  await reach(".input-open");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Turn the input off" }).waitFor();
  await reach("#stream-name");
  await page.keyboard.type("By hand");
  await reach(".studio-go");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".studio-end");
  equal(await page.locator(".studio-lamp").innerText(), "On air");
  await reach(".studio-end");
  await page.keyboard.press("Enter");
  const stay = page.getByRole("button", { name: "Stay on air" });
  equal(await stay.evaluate((one) => one === document.activeElement), true);
  await page.keyboard.press("Escape");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.getByText("The stream has ended.").waitFor();
  deepEqual(host.problems, []);
  await host.context.close();
});

Deno.test("[W2] [L1] moving through the site stays on air and keeps listening; leaving it is asked", async () => {
  const host = await creator(site, "Ben Ortiz");
  const path = await goOnAir(host.page, "On the move");
  const { page } = host;
  await page.locator("#rail").getByRole("link", { name: "Discover", exact: true }).click();
  await page.locator(".live-strip").getByText("You are on air").waitFor();
  const listener = await visit(site);
  await listen(listener.page, path);
  await listener.page.locator("#rail").getByRole("link", { name: "Discover", exact: true }).click();
  const strip = listener.page.locator(".live-strip");
  await strip.getByRole("link", { name: "On the move" }).click();
  await listener.page.getByRole("button", { name: "Stop listening" }).waitFor();
  await page.locator(".live-strip").getByRole("link", { name: "To the studio" }).click();
  await page.waitForSelector(".studio-end");
  const id = path.split("/")[2];
  const { body } = await api<{ epoch: number }>(page, "GET", `/live/${id}/stats`);
  equal(body.epoch, 1, "it was one connection all the time");
  const asked = Promise.withResolvers<string>();
  page.once("dialog", (dialog) => {
    asked.resolve(dialog.type());
    void dialog.dismiss();
  });
  await page.close({ runBeforeUnload: true });
  equal(await asked.promise, "beforeunload");
  await page.waitForSelector(".studio-end");
  await end(host);
  await listener.context.close();
  await host.context.close();
});

Deno.test("[S4] [S6] who is no creator becomes one in the studio; the microphone is for the studio alone", async () => {
  const eve = await person(site, "Eve");
  const policy = async (path: string) =>
    (await eve.context.request.get(path)).headers()["permissions-policy"];
  equal(await policy("/studio"), "geolocation=(), camera=(), microphone=(self)");
  equal(await policy("/live"), "geolocation=(), camera=(), microphone=()");
  await open(eve.page, "/studio");
  await eve.page.getByRole("button", { name: "Become a creator" }).click();
  await eve.page.waitForSelector("#stream-name");
  deepEqual(eve.problems, []);
  await eve.context.close();
});

Deno.test("[L1] without a secure context the studio says what to do, and shows where programs send to", async () => {
  const host = await creator(site, "Nia");
  // what a browser takes away on a plain http:// address
  await host.page.addInitScript(() => {
    Object.defineProperty(globalThis, "isSecureContext", { value: false });
    Object.defineProperty(Navigator.prototype, "mediaDevices", { value: undefined });
    Object.defineProperty(Navigator.prototype, "clipboard", { value: undefined });
  });
  await open(host.page, "/studio");
  await host.page.getByText("only over HTTPS").waitFor();
  await host.page.fill("#stream-name", "From a program");
  await host.page.getByRole("button", { name: "Make the stream" }).click();
  await host.page.locator("summary", { hasText: "Send with a program" }).click();
  const [key, command] = [0, 1].map((nth) =>
    host.page.locator("input.address[type=password]").nth(nth)
  );
  const before = await key!.inputValue();
  ok(/^[A-Za-z0-9_-]{32}$/.test(before));
  ok((await command!.inputValue()).includes(`icecast://source:${before}@`));
  await host.page.getByRole("button", { name: "Make a new key" }).click();
  await host.page.getByText("The old key opens nothing").first().waitFor();
  ok(await key!.inputValue() !== before);
  await host.page.getByRole("button", { name: "Show the key" }).click();
  equal(await host.page.locator("input.address[type=password]").count(), 0);
  deepEqual(host.problems, []);
  await host.context.close();
});

Deno.test("[W1] without script: the list, the stream with its player and its chat", async () => {
  const host = await creator(site, "Ida");
  const path = await goOnAir(host.page, "Plain");
  await say(host.page, "Hello from the studio");
  await host.page.locator(".message[id]").waitFor();
  const plain = await visit(site, { javaScriptEnabled: false });
  await plain.page.goto("/live");
  await plain.page.getByRole("link", { name: "Plain" }).click();
  equal(new URL(plain.page.url()).pathname, path);
  await plain.page.getByText("Hello from the studio").waitFor();
  equal(await plain.page.locator("audio").getAttribute("src"), `${path}/stream.mp3`);
  await plain.page.getByText("Ogg Opus").waitFor({ state: "attached" });
  equal(await plain.page.locator(".live-button").isVisible(), false);
  await plain.context.close();
  await end(host);
  await host.context.close();
});
