/** The setup link of a new site: printed once, works once, and leads to one administrator (S4). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { type Answer, ask, PASSWORD, register, someName } from "../support/client.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";
import { setRoles } from "../support/accounts.ts";
import { picture } from "../support/pictures.ts";

const LINK = /^This site has no administrator yet\. .*(http\S+\/setup\?token=([A-Za-z0-9_-]{22}))$/;

/** The links that a node has printed, each as a line of its own. */
const tokens = (node: RunningNode): string[] =>
  node.logs().flatMap((line) => LINK.exec(line)?.[2] ?? []);

/** The link of the latest start, which comes soon after its address; `before` is that of the last. */
async function lastToken(node: RunningNode, before?: string): Promise<string> {
  const found = () => tokens(node).findLast((token) => token !== before);
  await until("the setup link", () => Promise.resolve(found() !== undefined));
  return found() ?? "";
}

/** Opens the link as a browser does; the cookie that stands for it from then on. */
async function openLink(node: RunningNode, token: string): Promise<Answer<string>> {
  return await ask<string>(node.url, `/setup?token=${token}`);
}

const cookieOf = ({ headers }: Answer<unknown>, name: string): string =>
  headers.getSetCookie().find((one) => one.startsWith(`${name}=`))?.split(";")[0] ?? "";

/** Sends the form of the page. */
function finish(
  node: RunningNode,
  cookie: string,
  fields: Record<string, string>,
  logo?: Uint8Array<ArrayBuffer>,
) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set("file", new Blob(logo ? [logo] : []), logo ? "logo.png" : "");
  return ask<string>(node.url, "/setup", {
    cookie,
    body: form,
    headers: { Origin: node.url, Accept: "text/html" },
  });
}

const account = (username = someName("boss")) => ({
  username,
  email: `${username}@example.org`,
  password: PASSWORD,
});

const SITE = { name: "Quay Radio", rules: "", legal: "", registration: "invite" };

const isAdmin = async (node: RunningNode, login: string): Promise<boolean> => {
  const { body } = await ask<{ user?: { roles: string[] } }>(node.url, "/api/v1/auth/login", {
    json: { login, password: PASSWORD },
  });
  return body.user?.roles.includes("admin") ?? false;
};

Deno.test("[S4] start prints a setup link as a line of its own; it makes the administrator and the site, once", async () => {
  await using node = await startNode({ env: { LOG_LEVEL: "trace" } });
  const token = await lastToken(node);
  equal(tokens(node).length, 1);

  const opened = await openLink(node, token);
  deepEqual([opened.status, opened.headers.get("Location")], [303, "/setup"]);
  equal(opened.headers.get("Referrer-Policy"), "no-referrer");
  equal(opened.headers.get("Cache-Control"), "no-store");
  const cookie = cookieOf(opened, "veza_setup");
  match(opened.headers.get("Set-Cookie") ?? "", /HttpOnly/);
  equal((await openLink(node, token)).status, 303, "opening the link uses nothing up");
  const page = await ask<string>(node.url, "/setup", { cookie });
  equal(page.status, 200);
  ok(!page.body.includes(token), "the token is in the page");

  const short = await finish(node, cookie, { ...account(), ...SITE, password: "short" });
  equal(short.status, 422);
  ok(!short.body.includes("short"), "the password came back");
  const wrong = await finish(node, cookie, { ...account(), ...SITE, email: "nobody", name: "" });
  equal(wrong.body.match(/aria-invalid/g)?.length, 2, "both halves tell what is wrong, at once");
  const notAPicture = await finish(
    node,
    cookie,
    { ...account(), ...SITE },
    new TextEncoder().encode("GIF? no"),
  );
  equal(notAPicture.status, 422);

  const boss = account();
  const done = await finish(
    node,
    cookie,
    { ...boss, ...SITE },
    await picture("png", "teal", "64x48"),
  );
  deepEqual([done.status, done.headers.get("Location")], [303, "/admin/site?saved"], done.body);
  const session = cookieOf(done, "veza_session");
  equal((await ask(node.url, "/admin/site?saved", { cookie: session })).status, 200);
  const { body: site } = await ask(node.url, "/api/v1/site");
  deepEqual([site.name, site.registration], ["Quay Radio", "invite"]);
  equal((await ask(node.url, String(site.logoUrl))).headers.get("Content-Type"), "image/webp");
  ok(await isAdmin(node, boss.username));

  // the link is used: with its token or its cookie, and also with one that never was
  for (const used of [token, "A".repeat(22), "", "x'; drop table users"]) {
    const again = await openLink(node, encodeURIComponent(used));
    equal(again.status, 403, used);
    match(again.body, /This link does not lead in/);
  }
  const second = account();
  equal((await finish(node, cookie, { ...second, ...SITE, name: "Mine now" })).status, 403);
  equal(await isAdmin(node, second.username), false);
  equal((await ask(node.url, "/api/v1/site")).body.name, "Quay Radio");

  const told = node.logs().filter((line) => line.includes(token));
  equal(told.length, 1, "the log has the token too");
  await node.restart();
  equal(tokens(node).length, 1, "there is an administrator: no link is printed");
});

Deno.test("[S4] of two who use the link at once, one becomes administrator", async () => {
  await using node = await startNode();
  const cookie = cookieOf(await openLink(node, await lastToken(node)), "veza_setup");
  const people = Array.from({ length: 4 }, () => account());
  const answers = await Promise.all(
    people.map((person) => finish(node, cookie, { ...person, ...SITE, name: person.username })),
  );
  const statuses = answers.map(({ status }) => status).sort();
  deepEqual(statuses, [303, 403, 403, 403], JSON.stringify(statuses));
  const admins = await Promise.all(people.map(({ username }) => isAdmin(node, username)));
  equal(admins.filter(Boolean).length, 1);
  const winner = people[admins.indexOf(true)]?.username;
  equal((await ask(node.url, "/api/v1/site")).body.name, winner, "the site is the winner's");
});

Deno.test("[S4] a start makes the link anew; who is signed in becomes the administrator; one made otherwise ends it", async () => {
  await using node = await startNode();
  const old = await lastToken(node);
  const ada = await register(node.url);
  await node.restart();
  const token = await lastToken(node, old);
  equal((await openLink(node, old)).status, 403, "the link of the start before");

  const login = await ask(node.url, "/api/v1/auth/login", {
    json: { login: ada.user.username, password: PASSWORD, delivery: "cookie" },
  });
  const session = cookieOf(login, "veza_session");
  const setup = cookieOf(await openLink(node, token), "veza_setup");
  const page = await ask<string>(node.url, "/setup", { cookie: `${session}; ${setup}` });
  match(page.body, new RegExp(`@${ada.user.username} becomes the administrator`));

  // `deno task admin` was quicker
  const eve = await register(node.url);
  await setRoles(node, eve.user.id, ["user", "admin"]);
  equal((await openLink(node, token)).status, 403);
  equal((await finish(node, `${session}; ${setup}`, SITE)).status, 403);
  equal(await isAdmin(node, ada.user.username), false);

  await setRoles(node, eve.user.id, ["user"]);
  equal((await finish(node, `${session}; ${setup}`, SITE)).status, 303);
  ok(await isAdmin(node, ada.user.username));
  // at once, with the session there was
  equal((await ask(node.url, "/admin/site", { cookie: session })).status, 200);
});
