/** From the printed link to a signed-in administrator, and the pages where people are let in (S4). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import type { Page } from "npm:playwright-core@1.65.1";
import { ask, PASSWORD } from "../support/client.ts";
import { picture as painted } from "../support/pictures.ts";
import { checkAxe, open, picture, ready, type Stand, stand, visit } from "./support.ts";

let site: Stand;
Deno.test.beforeAll(async () => {
  site = await stand();
});
Deno.test.afterAll(() => site?.stop());

const LOOKS = [
  { theme: "night", width: 1440 },
  { theme: "paper", width: 360 },
] as const;

/** Looks at a page, dark and wide, light and narrow, as this visitor. */
async function look(page: Page, name: string, path: string): Promise<void> {
  for (const { theme, width } of LOOKS) {
    await page.context().addCookies([{ name: "veza_theme", value: theme, url: site.url }]);
    await page.setViewportSize({ width, height: 900 });
    await open(page, path);
    await checkAxe(page, `${name}, ${theme}, ${width}`);
    const wider = await page.evaluate(() =>
      document.documentElement.scrollWidth - document.documentElement.clientWidth
    );
    equal(wider, 0, `${name} scrolls sideways at ${width}`);
    await picture(page, `${name}-${theme}-${width}`);
  }
}

const printed = (): string =>
  site.node.logs().map((line) => /http\S+\/setup\?token=\S+/.exec(line)?.[0]).find(Boolean) ?? "";

async function setUp(page: Page, username: string): Promise<void> {
  await page.goto(printed());
  await page.fill("[name=username]", username);
  await page.fill("[name=email]", `${username}@example.org`);
  await page.fill("[name=password]", PASSWORD);
  await page.fill("[name=name]", "Quay Radio");
  await page.check("[name=registration][value=approval]");
  await page.fill("[name=rules]", "# House rules\n\n- Be kind\n- Credit **everyone**");
  await page.fill("[name=legal]", "Ada Quay, 1 Harbour Street");
}

Deno.test("[S4] the printed link leads to a signed-in administrator of a named site; the queue and an invitation let people in", async () => {
  const { page, context, problems } = await visit(site);
  await page.goto(printed());
  equal(new URL(page.url()).pathname + new URL(page.url()).search, "/setup");
  await look(page, "setup", "/setup");
  await setUp(page, "quaymaster");
  await page.setInputFiles("[name=file]", {
    name: "logo.png",
    mimeType: "image/png",
    buffer: (await import("node:buffer")).Buffer.from(await painted("png", "orange")),
  });
  await page.click("main button[type=submit]");
  await page.waitForURL("**/admin/site?saved");
  await ready(page);
  equal(await page.locator("#page").getAttribute("data-user"), "quaymaster");
  match(await page.title(), /Quay Radio$/);
  await page.waitForFunction(() => {
    const logo = document.querySelector<HTMLImageElement>("#rail .wordmark img");
    return logo?.complete && logo.naturalWidth > 0;
  });
  equal(await page.locator("#foot a").count(), 2);
  equal(await page.innerText("#foot strong"), "Quay Radio", "the logo took the place of the name");
  // nothing in the history leads back to the token
  await page.goBack();
  ok(!page.url().includes("token"), page.url());
  await look(page, "site-settings", "/admin/site");
  await look(page, "invites-empty", "/admin/invites");
  await look(page, "registrations-empty", "/admin/registrations");
  await look(page, "rules", "/rules");

  // two ask, by the page
  for (const name of ["mara", "enzo"]) {
    const guest = await visit(site);
    if (name === "mara") await look(guest.page, "register-approval", "/register");
    else await open(guest.page, "/register");
    await guest.page.fill("[name=email]", `${name}@example.org`);
    await guest.page.fill("[name=username]", name);
    await guest.page.fill("[name=password]", PASSWORD);
    await guest.page.fill(
      "[name=reason]",
      "I record tugboats, and would like others to hear them.",
    );
    await guest.page.click("main button[type=submit]");
    await guest.page.waitForSelector("text=Your account waits for approval");
    await checkAxe(guest.page, "waiting");
    await picture(guest.page, "waiting");
    deepEqual(guest.problems.filter((one) => !one.includes("202")), []);
    await guest.context.close();
  }
  await look(page, "registrations", "/admin/registrations");
  await page.setViewportSize({ width: 1440, height: 900 });
  await open(page, "/admin/registrations");
  await page.focus("input[aria-label='Choose @enzo']");
  await page.keyboard.press("Enter"); // decides of those marked: nobody is
  await page.waitForSelector("text=Choose at least one first.");
  await page.click("button[aria-label='Let in @mara']");
  await page.waitForSelector("text=1 account can be used now.");
  await page.check("input[aria-label='Choose @enzo']");
  await page.fill("[name=word]", "Not this time");
  await page.click("button[name=all][value=refuse]");
  await page.waitForSelector("text=1 request was refused.");
  const login = await ask(site.url, "/api/v1/auth/login", {
    json: { login: "mara", password: PASSWORD },
  });
  equal(login.status, 200);

  // an invitation, by its link
  await open(page, "/admin/invites");
  await page.fill("[name=note]", "The choir");
  await page.click("main form[action='/admin/invites'] button[type=submit]");
  const link = await page.locator("#made-link").inputValue();
  await picture(page, "invite-made");
  await checkAxe(page, "an invitation was made");
  const guest = await visit(site);
  await open(guest.page, link.replace(site.url, ""));
  equal(await guest.page.locator("[name=reason]").count(), 0, "the invited give no reason");
  await picture(guest.page, "register-invited");
  await guest.page.fill("[name=email]", "choir@example.org");
  await guest.page.fill("[name=username]", "choir");
  await guest.page.fill("[name=password]", PASSWORD);
  await guest.page.click("main button[type=submit]");
  await guest.page.waitForSelector("#page[data-user=choir]");
  await guest.context.close();

  await look(page, "invites", "/admin/invites");
  await page.goto(printed());
  await page.waitForSelector("text=This link does not lead in");
  await picture(page, "setup-ended");
  deepEqual(problems.filter((one) => !/403|422/.test(one)), []);
  await context.close();
});

Deno.test("[S4] the setup link works without script, and in French", async () => {
  await using other = await (async () => {
    const made = await stand();
    return { ...made, [Symbol.asyncDispose]: () => made.stop() };
  })();
  const before = site;
  site = other;
  try {
    const { page, context } = await visit(other, { javaScriptEnabled: false, locale: "fr-FR" });
    await setUp(page, "capitaine");
    equal(await page.locator("h1").textContent(), "Mettre ce site en place");
    await page.click("main button[type=submit]");
    await page.waitForURL("**/admin/site?saved");
    equal(await page.locator("#page").getAttribute("data-user"), "capitaine");
    match(await page.locator("[role=status]").textContent() ?? "", /Enregistré/);
    await context.close();
  } finally {
    site = before;
  }
});
