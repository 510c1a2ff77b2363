/** A real browser against a real node: pages that note every error, accounts, files, checks. */
import axe from "npm:axe-core@4.14.1";
import { deepEqual } from "node:assert/strict";
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from "npm:playwright-core@1.65.1";
import { PASSWORD } from "../support/client.ts";
import { ROOT, type RunningNode, startNode } from "../support/node.ts";

/** Chromium as Debian installs it; never a download. */
const NAMES = ["chromium", "chromium-browser", "google-chrome"];
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

function findChromium(): string {
  for (const folder of (Deno.env.get("PATH") ?? "").split(":")) {
    for (const name of NAMES) {
      try {
        if (Deno.statSync(`${folder}/${name}`).isFile) return `${folder}/${name}`;
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
    }
  }
  throw new Error(`None of ${NAMES.join(", ")} is on PATH: install Debian's chromium`);
}

/** A node and a browser, for one test file. */
export interface Stand {
  readonly url: string;
  readonly node: RunningNode;
  readonly browser: Browser;
  stop(): Promise<void>;
}

/** Starts both; `env` are settings of the node, `flags` more of the browser's. */
export async function stand(
  env: Record<string, string> = {},
  flags: readonly string[] = [],
): Promise<Stand> {
  const node = await startNode({ env });
  const args = [...FLAGS, ...flags];
  const browser = await chromium.launch({ executablePath: findChromium(), args });
  return {
    url: node.url,
    node,
    browser,
    async stop() {
      await browser.close();
      await node.stop();
    },
  };
}

export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Console errors, uncaught errors and CSP reports so far. */
  readonly problems: string[];
}

/** What a visit may ask for. */
export interface VisitOptions extends BrowserContextOptions {
  readonly theme?: "night" | "paper" | "contrast";
}

/** A new visitor with an empty browser. */
export async function visit(
  { browser, url }: Stand,
  { theme, ...options }: VisitOptions = {},
): Promise<Visit> {
  const context = await browser.newContext({
    baseURL: url,
    locale: "en-GB",
    viewport: { width: 1440, height: 900 },
    ...options,
  });
  context.setDefaultTimeout(20_000);
  if (theme) await context.addCookies([{ name: "veza_theme", value: theme, url }]);
  const page = await context.newPage();
  const problems: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") {
      problems.push(`${page.url()}: ${message.text()} ${message.location().url}`);
    }
  });
  page.on("pageerror", (error) => problems.push(`${page.url()}: ${error.stack}`));
  if (options.javaScriptEnabled !== false) {
    await context.addInitScript(() => {
      addEventListener(
        "securitypolicyviolation",
        (event) => {
          const { violatedDirective, blockedURI } = event as SecurityPolicyViolationEvent;
          console.error(`CSP: ${violatedDirective} ${blockedURI}`);
        },
      );
    });
  }
  return { context, page, problems };
}

/** Opens `path` and waits until its islands live. */
export async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await ready(page);
}

export const ready = (page: Page) => page.waitForSelector("html[data-ready]");

/** Registers a new account through the form; returns its username. */
export async function register(page: Page, displayName = "Ada Quay"): Promise<string> {
  const username = `u${crypto.randomUUID().slice(0, 8)}`;
  await page.goto("/register");
  await page.fill("[name=email]", `${username}@example.org`);
  await page.fill("[name=username]", username);
  await page.fill("[name=displayName]", displayName);
  await page.fill("[name=password]", PASSWORD);
  await page.click("main button[type=submit]");
  await page.waitForSelector(`#page[data-user=${username}]`);
  return username;
}

/** A file for the page. */
export interface Dropped {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type?: string;
}

/** Drops files onto the page as a person does: dragged in, held, let go. */
export async function dropFiles(page: Page, files: readonly Dropped[]): Promise<void> {
  const plain = files.map(({ name, bytes, type = "" }) => ({
    name,
    type,
    base64: bytes.toBase64(),
  }));
  await page.evaluate((given) => {
    const transfer = new DataTransfer();
    for (const { name, type, base64 } of given) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      transfer.items.add(new File([bytes], name, { type }));
    }
    for (const type of ["dragenter", "dragover", "drop"]) {
      document.body.dispatchEvent(
        new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }),
      );
    }
  }, plain);
}

/** Seconds into the recording; −1 before there is a player. */
export const currentTime = (page: Page): Promise<number> =>
  page.evaluate(() => document.querySelector<HTMLAudioElement>("#player-audio")?.currentTime ?? -1);

/** Resolves when playback is past `seconds`. */
export const playedPast = (page: Page, seconds: number) =>
  page.waitForFunction(
    (past) => {
      const audio = document.querySelector<HTMLAudioElement>("#player-audio");
      return audio !== null && !audio.paused && audio.currentTime > past;
    },
    seconds,
    { polling: 50 },
  );

/** Resolves when the page has turned, and what was moving in it has come to rest. */
export async function settled(page: Page): Promise<void> {
  await page.waitForSelector("html:not([aria-busy])");
  await page.evaluate(async () => {
    const ends = ({ effect, playState }: Animation) =>
      playState === "running" && effect?.getComputedTiming().endTime !== Infinity;
    await Promise.allSettled(document.getAnimations().filter(ends).map((one) => one.finished));
  });
}

/** Fails with what axe-core finds against WCAG 2.2 AA, once the page has come to rest. */
export async function checkAxe(page: Page, where: string): Promise<void> {
  await settled(page);
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const run: typeof axe = Reflect.get(globalThis, "axe");
    const { violations } = await run.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return violations.map(({ id, nodes }) =>
      `${id}: ${
        nodes.map((node) => `${node.html.slice(0, 140)} ${node.failureSummary}`).join("; ")
      }`
    );
  });
  deepEqual(found, [], `${where}:\n${found.join("\n")}`);
}

/** Keeps a picture for people to look at. */
export async function picture(page: Page, name: string): Promise<void> {
  await Deno.mkdir(`${ROOT}/build/pictures`, { recursive: true });
  await page.screenshot({ path: `${ROOT}/build/pictures/${name}.png` });
}
