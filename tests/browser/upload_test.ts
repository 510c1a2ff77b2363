/** Uploads that stop and go on: paused, offline, browser closed, server killed, cancelled. */
import { deepEqual, equal, ok } from "node:assert/strict";
import type { BrowserContext, Page, Request } from "npm:playwright-core@1.65.1";
import type { Track } from "../../domain/tracks.ts";
import type { UploadState } from "../../domain/uploads.ts";
import { song } from "../support/audio.ts";
import { checkAxe, dropFiles, open, register, type Stand, stand, visit } from "./support.ts";

let site: Stand;
let folder: string;
/** 5.3 MB, and what it hashes to. */
const long = { path: "", sha256: "", size: 0 };

async function file(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const path = `${folder}/${name}`;
  await Deno.writeFile(path, bytes);
  return path;
}

Deno.test.beforeAll(async () => {
  folder = await Deno.makeTempDir({ prefix: "veza-upload-page-" });
  const bytes = await song("wav", 30);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const path = await file("Long_crossing.wav", bytes);
  Object.assign(long, { path, sha256: digest.toHex(), size: bytes.length });
  site = await stand({ QUOTA_BYTES: "user=12MB" });
});
Deno.test.afterAll(async () => {
  await site?.stop();
  await Deno.remove(folder, { recursive: true });
});

/** Bytes per second up; −1 is as fast as it goes, 0 is no line. */
async function lineOf(page: Page): Promise<(speed: number) => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  return async (uploadThroughput) => {
    await session.send("Network.emulateNetworkConditions", {
      offline: uploadThroughput === 0,
      latency: 0,
      downloadThroughput: -1,
      uploadThroughput,
    });
  };
}
/** The whole takes over ten seconds: a busy machine must not be too late to stop it. */
const SLOW = 500_000;

const row = (page: Page, kind: string) => page.waitForSelector(`.upload[data-kind=${kind}]`);
const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

/** Resolves when the page has sent this part of the file. */
const sentPast = (page: Page, share: number) =>
  page.waitForFunction((wanted) => {
    const bar = document.querySelector<HTMLProgressElement>(".upload progress.bytes");
    return bar !== null && bar.value > bar.max * wanted;
  }, share);

/** The requests of tus that a page sends from now on. */
function tusRequests(page: Page): Request[] {
  const seen: Request[] = [];
  page.on("request", (request) => {
    if (/\/api\/v1\/uploads/.test(request.url()) && request.method() !== "GET") seen.push(request);
  });
  return seen;
}
const methods = (seen: readonly Request[], method: string) =>
  seen.filter((request) => request.method() === method);

const unfinished = async ({ request }: BrowserContext): Promise<UploadState[]> =>
  (await (await request.get("/api/v1/uploads")).json()).items;

/** Resolves when the server has so many bytes of an upload for sure. */
async function arrivedAt(context: BrowserContext, bytes: number): Promise<void> {
  const until = Date.now() + 10_000;
  while (((await unfinished(context))[0]?.offset ?? 0) < bytes) {
    ok(Date.now() < until, `the server does not have ${bytes} bytes after 10 s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The server took it; what it makes of the sound is for others to test. */
const taken = (page: Page) =>
  page.waitForSelector(".upload[data-kind=working], .upload[data-kind=done]");

/** The tracks of an account, each with what it was made from. */
async function tracksOf(page: Page): Promise<Track[]> {
  const { request } = page.context();
  await open(page, "/library");
  const paths = await page.locator(".row-title").evaluateAll((links) =>
    links.map((link) => (link as HTMLAnchorElement).pathname)
  );
  const probed = async (path: string): Promise<Track> => {
    for (let tries = 0; tries < 200; tries++) {
      const track: Track = await (await request.get(`/api/v1${path}`)).json();
      if (track.source) return track;
      await page.waitForTimeout(100);
    }
    throw new Error(`${path} was never probed`);
  };
  return await Promise.all(paths.map(probed));
}

/** One track of the whole file. */
async function isWhole(page: Page): Promise<Track | undefined> {
  const tracks = await tracksOf(page);
  deepEqual(tracks.map(({ source }) => source?.sha256), [long.sha256]);
  return tracks[0];
}

Deno.test("[U3] an upload is paused and resumed: the same upload, each byte once, the whole file", async () => {
  const { page, context, problems } = await visit(site);
  await register(page);
  await open(page, "/upload");
  const line = await lineOf(page);
  const seen = tusRequests(page);
  await line(SLOW);
  await page.getByLabel("Others may download it").uncheck();
  await page.setInputFiles("#upload-files", long.path);
  await sentPast(page, 0.3);
  await button(page, "Pause Long crossing").click();
  await row(page, "paused");
  await page.waitForTimeout(400); // what was under way arrives
  const [held] = await unfinished(context);
  ok(held && held.offset > long.size * 0.1, `${held?.offset} of ${long.size} arrived`);
  await page.waitForTimeout(300);
  equal((await unfinished(context))[0]?.offset, held.offset, "nothing goes while it is paused");
  await line(-1);
  await button(page, "Resume Long crossing").click();
  await taken(page);
  equal(methods(seen, "POST").length, 1, "it was begun once");
  const patches = methods(seen, "PATCH");
  deepEqual(new Set(patches.map((one) => one.url().split("/").at(-1))), new Set([held.id]));
  equal(patches.at(-1)?.headers()["upload-offset"], String(held.offset));
  const track = await isWhole(page);
  equal(track?.downloadable, false, "as was chosen before the file");
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[U3] the browser is closed half way: choosing the file again goes on where it stopped", async () => {
  const first = await visit(site);
  await register(first.page);
  await open(first.page, "/upload");
  await (await lineOf(first.page))(SLOW);
  await first.page.setInputFiles("#upload-files", long.path);
  await sentPast(first.page, 0.3);
  await button(first.page, "Name Long crossing and say who hears it").click();
  await first.page.getByLabel("Title").fill("The crossing");
  await first.page.getByLabel("Title").press("Enter");
  const storageState = await first.context.storageState();
  await first.context.close();

  // a browser that does not know the file is not told to choose it again
  const away = await visit(site, { storageState: { ...storageState, origins: [] } });
  await open(away.page, "/upload");
  await away.page.waitForSelector(".upload-begun");
  deepEqual(await away.page.locator(".desk-list h2").allInnerTexts(), ["Begun in another browser"]);
  equal(await away.page.getByText("Choose").filter({ hasText: "again" }).count(), 0);
  await away.context.close();

  const { page, context, problems } = await visit(site, { storageState });
  const seen = tusRequests(page);
  await open(page, "/upload");
  await page.waitForSelector(".upload-begun");
  deepEqual(await page.locator(".desk-list h2").allInnerTexts(), ["Begun earlier"]);
  const [held] = await unfinished(context);
  ok(held && held.offset > long.size * 0.2, `${held?.offset} of ${long.size} arrived`);
  ok((await page.locator(".upload-begun").innerText()).includes("is on the server"));
  await checkAxe(page, "uploads begun earlier");
  // another file of that name is not taken for it
  const other = await file("other/Long_crossing.wav".replace("/", "-"), await song("wav", 1));
  const again = page.locator(".upload-begun input[type=file]");
  await again.setInputFiles(other);
  await page.waitForSelector("text=This is not Long_crossing.wav as it was when you began");
  await again.setInputFiles(long.path);
  await taken(page);
  equal(methods(seen, "POST").length, 0, "nothing was begun anew");
  const from = methods(seen, "PATCH").map((one) => Number(one.headers()["upload-offset"]));
  // what was under way when the browser was closed may have come a moment later
  const isOnward = from.every((offset, n) => offset >= (from[n - 1] ?? held.offset));
  ok(from.length > 0 && isOnward, `what was there is not sent again: ${from} of ${held.offset}`);
  const [track] = await tracksOf(page);
  equal(track?.title, "The crossing", "what was typed before is not lost");
  await isWhole(page);
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[U3] the server is killed half way and comes back: the upload finishes by itself", async () => {
  const own = await stand();
  const { page, context } = await visit(own);
  await register(page);
  await open(page, "/upload");
  const line = await lineOf(page);
  const seen = tusRequests(page);
  await line(SLOW / 2);
  await page.setInputFiles("#upload-files", long.path);
  await arrivedAt(context, 1); // on disk, as far as a killed server can know it
  await own.node.kill9();
  await row(page, "held");
  ok((await page.locator(".upload").innerText()).includes("Waiting for the connection."));
  await own.node.restart();
  await line(-1);
  await taken(page);
  equal(methods(seen, "POST").length, 1, "it was begun once");
  ok(Number(methods(seen, "PATCH").at(-1)?.headers()["upload-offset"]) > 0, "it went on");
  await isWhole(page);
  await context.close();
  await own.stop();
});

Deno.test("[U3] without a line it waits, and goes on when the line is back", async () => {
  const { page, context } = await visit(site);
  await register(page);
  await open(page, "/upload");
  const line = await lineOf(page);
  await line(SLOW);
  await page.setInputFiles("#upload-files", long.path);
  await sentPast(page, 0.2);
  await line(0);
  await row(page, "held");
  equal(await page.locator("#said").innerText(), "The connection is lost. Uploads wait for it.");
  await line(-1);
  await taken(page);
  await isWhole(page);
  await context.close();
});

Deno.test("[U3] what is cancelled is removed from the server, and can be called back before", async () => {
  const { page, context } = await visit(site);
  await register(page);
  await open(page, "/upload");
  const line = await lineOf(page);
  await line(SLOW);
  await page.setInputFiles("#upload-files", long.path);
  await sentPast(page, 0.2);
  const cancel = button(page, "Cancel Long crossing");
  await cancel.click();
  await row(page, "cancelled");
  equal((await unfinished(context)).length, 1, "for ten seconds it is still there");
  await button(page, "Try Long crossing again").click();
  await row(page, "sending");
  await cancel.click();
  await row(page, "cancelled");
  await page.goto("/library"); // leaving is no change of mind
  const until = Date.now() + 5_000;
  while ((await unfinished(context)).length > 0) {
    ok(Date.now() < until, "the server still has it");
    await page.waitForTimeout(50);
  }
  await context.close();
});

Deno.test("[U4] the same bytes are offered: both are kept, or the new one goes, with time to undo", async () => {
  const { page, context, problems } = await visit(site);
  await register(page);
  await open(page, "/upload");
  const bytes = await song("mp3", 3);
  await dropFiles(page, [{ name: "First_take.mp3", bytes }]);
  await taken(page);
  await dropFiles(page, [{ name: "Copy.mp3", bytes }]);
  const offer = page.locator(".upload-offer");
  await offer.waitFor();
  ok((await offer.innerText()).includes("First take"), await offer.innerText());
  await checkAxe(page, "a duplicate is offered");
  await button(page, "Discard the new one").click();
  await page.waitForFunction(() => document.querySelectorAll(".upload").length === 1);
  await button(page, "Undo").click();
  await button(page, "Keep both").click();
  await offer.waitFor({ state: "detached" });
  equal((await tracksOf(page)).length, 2);
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[U2] what does not fit is refused before a byte is sent, and says what is left", async () => {
  const { page, context, problems } = await visit(site);
  await register(page);
  await open(page, "/upload");
  const seen = tusRequests(page);
  equal(await page.locator(".quota p").innerText(), "0 bytes of 12 MB used");
  const huge = await file("Huge.wav", new Uint8Array(13_000_000));
  await page.setInputFiles("#upload-files", huge);
  await row(page, "failed");
  const text = await page.locator(".upload").innerText();
  ok(text.includes("It needs 13 MB, and 12 MB of your storage is left."), text);
  equal(seen.length, 0);
  // two that fit one by one, but not together
  const half = await file("Half.wav", (await song("wav", 40)).slice(0, 7_000_000));
  await page.setInputFiles("#upload-files", [half, long.path]);
  await page.waitForFunction(() =>
    document.querySelectorAll(".upload[data-kind=failed]").length === 2
  );
  await taken(page);
  await page.waitForFunction(() =>
    document.querySelector(".quota p")?.textContent === "7 MB of 12 MB used"
  );
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[W8] a folder gives its recordings, and what is pasted is taken too", async () => {
  const { page, context, problems } = await visit(site);
  await register(page);
  await open(page, "/upload");
  const album = `${folder}/album`;
  await Deno.mkdir(`${album}/side two`, { recursive: true });
  const bytes = await song("mp3", 2);
  await Deno.writeFile(`${album}/1 Slack water.mp3`, bytes);
  await Deno.writeFile(`${album}/side two/2 Spring tide.mp3`, bytes);
  await Deno.writeTextFile(`${album}/cover.txt`, "not a recording, and no news");
  await page.setInputFiles("#upload-folder", album);
  await page.waitForFunction(() => document.querySelectorAll(".upload").length === 2);
  deepEqual((await page.locator(".upload-title").allInnerTexts()).sort(), [
    "1 Slack water",
    "2 Spring tide",
  ]);
  equal(await page.locator(".toast").count(), 0);
  await page.goto("/library");
  await page.waitForSelector("html[data-ready]");
  await page.evaluate(() => {
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File(["no sound"], "Pasted.wav"));
    document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
  });
  await page.waitForURL("**/upload");
  await row(page, "failed");
  equal(await page.locator(".upload-title").first().innerText(), "Pasted.wav", "a file, no title");
  deepEqual(problems.filter((text) => !text.includes("415")), []);
  await context.close();
});

Deno.test("[W5] by keyboard alone: chosen, paused, named, resumed, heard", async () => {
  const { page, context, problems } = await visit(site);
  await register(page);
  await open(page, "/upload");
  const line = await lineOf(page);
  await line(SLOW);
  /** Presses Tab until this has the focus. */
  const tabTo = async (name: string) => {
    for (let presses = 0; presses < 60; presses++) {
      const label = await page.evaluate(() => {
        const at = document.activeElement;
        return at?.getAttribute("aria-label") ?? at?.textContent ?? "";
      });
      if (label === name) return;
      await page.keyboard.press("Tab");
    }
    throw new Error(`"${name}" is not reached by Tab`);
  };
  const opened = page.waitForEvent("filechooser"); // asked for early: the browser must know by then
  await tabTo("Choose files");
  await page.keyboard.press("Enter");
  await (await opened).setFiles(long.path);
  await sentPast(page, 0.1);
  await tabTo("Pause Long crossing");
  await page.keyboard.press("Space");
  await row(page, "paused");
  equal(await page.locator("#said").innerText(), "Long crossing is paused");
  await checkAxe(page, "a paused upload");
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement?.matches("input[name=title]"));
  await page.keyboard.type("Night ferry");
  await page.keyboard.press("Tab");
  await page.keyboard.press("p"); // private
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.waitForSelector(".upload-title:has-text('Night ferry')");
  await line(-1);
  await tabTo("Resume Night ferry");
  await page.keyboard.press("Enter");
  await taken(page);
  await page.waitForSelector(".upload .play:not(:disabled)");
  await tabTo("Play Night ferry");
  const [track] = await tracksOf(page);
  equal(track?.title, "Night ferry");
  equal(track?.visibility, "private");
  deepEqual(problems, []);
  await context.close();
});
