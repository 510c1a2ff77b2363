/** The pages of administrators in a browser: actors seen live, crashed, recovering (X3, A18, A19). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Page, WebSocketRoute } from "npm:playwright-core@1.65.1";
import type { ActorList } from "../../domain/actor_list.ts";
import { setRoles } from "../support/accounts.ts";
import { song } from "../support/audio.ts";
import { until } from "../support/processes.ts";
import { run } from "../support/run.ts";
import { checkAxe, dropFiles, open, register, type Stand, stand, visit } from "./support.ts";

let site: Stand;
let session: { name: string; value: string; url: string };

Deno.test.beforeAll(async () => {
  site = await stand({ DEMO: "1", NODE_NAME: "shown" });
  const { page, context } = await visit(site);
  await register(page);
  const id = await page.evaluate(async () => (await (await fetch("/api/v1/users/me")).json()).id);
  await setRoles(site.node, id, ["admin"]);
  await until(
    "the role to count",
    async () => (await context.request.get("/admin")).status() === 200,
  );
  const cookie = (await context.cookies()).find(({ name }) => name.endsWith("veza_session"));
  ok(cookie);
  session = { name: cookie.name, value: cookie.value, url: site.url };
  await context.close();
});
Deno.test.afterAll(() => site?.stop());

/** A browser of the administrator. */
async function enter(options: Parameters<typeof visit>[1] = {}) {
  const visited = await visit(site, options);
  await visited.context.addCookies([session]);
  return visited;
}

/** Sends recordings, each long enough to be watched. */
async function send(page: Page, ...titles: string[]): Promise<void> {
  await open(page, "/upload");
  const bytes = await song("flac", 40);
  const files = await Promise.all(
    titles.map(async (title, n) => ({
      name: `${title}.flac`,
      bytes: n === 0 ? bytes : await song("flac", 40 + n),
    })),
  );
  await dropFiles(page, files);
  await page.waitForFunction(
    (count) => document.querySelectorAll(".upload-title a").length >= count,
    titles.length,
  );
}

const row = (page: Page, title: string) => page.locator(".actors tbody tr", { hasText: title });

Deno.test("[X3] [A19] an upload's actor is seen, crashed and seen recovering, live; one may pause", async () => {
  const { page, context, problems } = await enter();
  await send(page, "Harbour");
  await open(page, "/admin/runtime");
  const actor = row(page, "Harbour");
  await actor.waitFor();
  match(await actor.innerText(), /Serving[\s\S]*epoch 1[\s\S]*0 of 1,000/);
  await page.getByText("Followed live").waitFor();
  await actor.getByRole("button", { name: "Have Upload “Harbour” crash" }).click();
  const line = page.locator(".happened", { hasText: "Harbour" });
  await line.and(page.locator("[data-event=crashed]")).waitFor();
  const back = line.and(page.locator("[data-event=recovered]"));
  await back.waitFor();
  match(await back.innerText(), /back after \d+\sms/);
  await page.waitForFunction(() =>
    /epoch 2/.test(document.querySelector(".actors tbody tr")?.textContent ?? "")
  );
  match(await actor.innerText(), /Error: Somebody asked this actor to crash/);

  const pause = page.locator(".time-line button");
  await pause.click();
  const before = await page.locator(".happened").count();
  await actor.getByRole("button", { name: "Restart" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Restart" }).click();
  await page.getByRole("button", { name: /Go on, \d+ new/ }).waitFor();
  equal(await page.locator(".happened").count(), before, "stopped, the time line stands still");
  await pause.click();
  await page.waitForFunction(
    (count) => document.querySelectorAll(".happened").length > count,
    before,
  );
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[A18] what the page shows of an actor equals what the task says", async () => {
  const { page, context } = await enter();
  await send(page, "Second movement", "Third movement");
  await open(page, "/admin/runtime?sort=name");
  await row(page, "Third movement").waitFor();
  const shown = () =>
    page.locator(".actors tbody tr").evaluateAll((rows) =>
      rows.map((one) => {
        const text = (selector: string) => one.querySelector(selector)?.textContent ?? "";
        return [
          one.getAttribute("data-actor") ?? "",
          text(".state"),
          text("td[data-label=State] .cell-more").replace(/^.*epoch /, ""),
          text("td[data-label=Mailbox] .amount"),
          text("td[data-label=Messages] .cell-more"),
          text("td[data-label=Crashes] .amount"),
          text("th .cell-more + .cell-more"),
        ];
      })
    );
  const told = async () => {
    const { ended, lines } = run(["task", "-q", "actors", "--json"], {
      env: { DATA_DIR: site.node.dataDir },
    });
    equal(await ended, 0);
    const { items }: ActorList = JSON.parse(lines.join("\n"));
    return items.sort((a, b) => a.key < b.key ? -1 : 1).map((one) => [
      `${one.kind}/${one.key}`,
      one.phase === "serving" ? "Serving" : one.phase,
      String(one.epoch),
      `${one.mailbox} of 1,000`,
      `${one.handled} in all`,
      String(one.crashes),
      one.node,
    ]);
  };
  // both go on while one is read after the other: at rest they must agree
  let last: unknown[] = [];
  await until("page and task to agree", async () => {
    const said = await told();
    const seen = await shown();
    last = [said, seen];
    return said.length > 0 && JSON.stringify(said) === JSON.stringify(seen);
  }, 60_000).catch((error) => {
    throw new Error(`${error.message}: ${JSON.stringify(last)}`);
  });
  await context.close();
});

Deno.test("[X3] under the pointer the order is held; a lost socket is told and comes back; a hidden page is silent", async () => {
  const { page, context, problems } = await enter();
  const sockets: WebSocketRoute[] = [];
  await page.routeWebSocket("**/ws/runtime", (socket) => {
    socket.connectToServer();
    sockets.push(socket);
  });
  await send(page, "Anna", "Berta");
  await open(page, "/admin/runtime?sort=crashes");
  await row(page, "Berta").waitFor();
  const order = () =>
    page.locator(".actors tbody tr").evaluateAll((rows) =>
      rows.map((one) => one.getAttribute("data-actor"))
    );
  await page.locator(".actors tbody tr").last().hover();
  await page.getByText("The order is held while you read.").waitFor();
  const held = await order();
  const worst = page.locator(".actors tbody tr").last();
  await worst.getByRole("button", { name: /crash$/ }).click();
  await page.waitForFunction(() =>
    /[1-9]/.test(
      [...document.querySelectorAll(".actors tbody td[data-label=Crashes] .amount")].at(-1)
        ?.textContent ?? "",
    )
  );
  deepEqual(await order(), held, "it has the most crashes now, and stays where it is pointed at");
  await page.mouse.move(2, 2);
  await page.waitForFunction(
    (name) => document.querySelector(".actors tbody tr")?.getAttribute("data-actor") === name,
    held.at(-1),
  );

  equal(sockets.length, 1);
  await sockets[0]?.close({ code: 1012 });
  await page.getByText("Connection lost. Trying again.").waitFor();
  await page.getByText("Followed live").waitFor();
  ok(sockets.length > 1);

  const asked: string[] = [];
  page.on("request", (request) => {
    if (request.url().includes("/admin/")) asked.push(request.url());
  });
  await page.evaluate(() => {
    Object.defineProperty(document, "hidden", { get: () => true, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await page.waitForTimeout(300);
  asked.length = 0;
  await page.waitForTimeout(2_600);
  deepEqual(asked, [], "nobody looks");
  deepEqual(problems, []);
  await context.close();
});

Deno.test("[W5] [X3] the pages of administrators, in both themes, on a phone and a desk: axe finds nothing", async () => {
  for (const theme of ["night", "paper"] as const) {
    for (const width of [360, 1440]) {
      const locale = theme === "night" ? "en-GB" : "fr-FR";
      const { page, context, problems } = await enter({
        theme,
        locale,
        viewport: { width, height: 900 },
      });
      for (const path of ["/admin", "/admin/runtime", "/admin/jobs"]) {
        await open(page, path);
        await checkAxe(page, `${path}, ${theme}, ${width}`);
        const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        equal(over, 0, `${path} at ${width} px is wider than the screen`);
      }
      deepEqual(problems, []);
      await context.close();
    }
  }
});
