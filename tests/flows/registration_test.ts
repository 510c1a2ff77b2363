/** Who may join a site: each mode, the queue, invitations, and the settings that choose (S4). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { ask, type Grant, PASSWORD, register, signIn, someName } from "../support/client.ts";
import { inDatabase, setRoles } from "../support/accounts.ts";
import { type RunningNode, startNode } from "../support/node.ts";
import { temporary } from "../support/processes.ts";

/** A node with its administrator, and one moderator. */
interface Site {
  readonly node: RunningNode;
  readonly admin: Grant;
  readonly moderator: Grant;
}
let site: Site;

Deno.test.beforeAll(async () => {
  const node = await startNode();
  const [admin, moderator] = [await register(node.url), await register(node.url)];
  await setRoles(node, admin.user.id, ["user", "admin"]);
  await setRoles(node, moderator.user.id, ["user", "moderator"]);
  const fresh = {
    admin: await signIn(node.url, admin.user.username),
    moderator: await signIn(node.url, moderator.user.username),
  };
  site = { node, ...fresh };
});
Deno.test.afterAll(() => site?.node.stop());

const api = <T = Record<string, unknown>>(path: string, options: Parameters<typeof ask>[2] = {}) =>
  ask<T>(site.node.url, `/api/v1${path}`, options);
const asAdmin = <T = Record<string, unknown>>(path: string, method: string, json?: unknown) =>
  api<T>(path, { token: site.admin.accessToken, method, ...(json !== undefined && { json }) });
const setMode = async (registration: string) =>
  equal((await asAdmin("/admin/config", "PATCH", { registration })).status, 200);

const join = (extra: Record<string, unknown> = {}, username = someName()) =>
  api("/auth/register", {
    json: { email: `${username}@example.org`, username, password: PASSWORD, ...extra },
  });
const login = (username: string, password = PASSWORD) =>
  api("/auth/login", { json: { login: username, password } });
const codeOf = (
  { status, body }: { status: number; body: Record<string, unknown> },
) => [status, body.code];

interface Queue {
  items: { id: string; username: string; reason: string }[];
  nextCursor: string | null;
  total: number;
}

/** All mails in the outbox so far. */
function mails(): string[] {
  const dir = `${site.node.dataDir}/outbox`;
  try {
    return [...Deno.readDirSync(dir)].map(({ name }) => Deno.readTextFileSync(`${dir}/${name}`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

const home = async () => (await ask<string>(site.node.url, "/")).body;

Deno.test("[S4] without a setting anyone may join on loopback, and each mode answers with its code", async () => {
  equal((await api("/site")).body.registration, "open");
  equal((await join()).status, 201);
  ok((await home()).includes('href="/register"'));
  await setMode("closed");
  ok(!(await home()).includes('href="/register"'), "the home page leads to what is closed");
  deepEqual(codeOf(await join()), [403, "registration_closed"]);
  deepEqual(codeOf(await join({ invite: "A".repeat(22) })), [403, "registration_closed"]);
  await setMode("invite");
  deepEqual(codeOf(await join()), [403, "invite_needed"]);
  deepEqual(codeOf(await join({ invite: "A".repeat(22) })), [403, "invite_ended"]);
  await setMode("approval");
  const noReason = await join();
  deepEqual(codeOf(noReason), [422, "invalid"]);
  deepEqual(noReason.body.errors, [{ path: "reason", message: "is empty" }]);
  deepEqual(codeOf(await join({ reason: "  " })), [422, "invalid"]);
  deepEqual(codeOf(await join({ reason: "I play the viola." })), [202, "approval_pending"]);
  await setMode("open");
});

Deno.test("[S4] who waits for approval has no session, is told kindly, and comes in when let in", async () => {
  await setMode("approval");
  const [ada, bo, cy] = [someName("ada"), someName("bo"), someName("cy")];
  for (const name of [ada, bo, cy]) {
    const asked = await join({ reason: `${name} sings`, delivery: "cookie" }, name);
    equal(asked.status, 202);
    equal(asked.headers.get("Set-Cookie"), null, "a session was given");
    equal("accessToken" in asked.body, false);
  }
  deepEqual(codeOf(await login(ada)), [403, "approval_pending"]);
  // only one who knows the password learns that it waits
  deepEqual(codeOf(await login(ada, "not the password")), [401, "bad_credentials"]);
  deepEqual(codeOf(await login("nobody_here")), [401, "bad_credentials"]);
  equal((await api(`/users/${ada}`)).status, 404, "who waits has no page yet");

  const queue = (await asAdmin<Queue>("/admin/registrations?limit=100", "GET")).body;
  const ids = [ada, bo, cy].map((name) => queue.items.find((one) => one.username === name)?.id);
  equal(queue.items.find((one) => one.username === ada)?.reason, `${ada} sings`);
  ok(queue.total >= 3);
  for (const token of [site.moderator.accessToken, undefined]) {
    const refused = await api("/admin/registrations", {
      method: "PATCH",
      json: { ids: [ids[0]], decision: "approve" },
      ...(token && { token }),
    });
    ok([401, 403].includes(refused.status), String(refused.status));
  }
  const decide = (which: unknown[], decision: string, word = "") =>
    asAdmin("/admin/registrations", "PATCH", { ids: which, decision, word });
  deepEqual((await decide([ids[0], ids[1]], "approve", "Welcome aboard")).body, { decided: 2 });
  deepEqual((await decide([ids[0]], "approve")).body, { decided: 0 }, "it was decided already");
  deepEqual((await decide([ids[0]], "refuse")).body, { decided: 0 }, "who is in cannot be refused");
  deepEqual((await decide([ids[2]], "refuse", "Too loud")).body, { decided: 1 });
  equal((await login(ada)).status, 200);
  equal((await login(bo)).status, 200);
  deepEqual(codeOf(await login(cy)), [401, "bad_credentials"], "the account is gone");

  const sent = mails();
  const to = (name: string) => sent.find((mail) => mail.includes(`To: ${name}@example.org`)) ?? "";
  match(to(ada), /Welcome aboard/);
  match(to(ada), /Subject: Veza: your account can be used/);
  match(to(cy), /Too loud/);
  equal((await join({ reason: "quieter now" }, cy)).status, 202, "name and address are free again");
  await setMode("open");
});

Deno.test("[S4] an account that is set back to waiting loses its token and its cookie", async () => {
  const { node } = site;
  const ada = await register(node.url);
  const begun = await api("/auth/login", {
    json: { login: ada.user.username, password: PASSWORD, delivery: "cookie" },
  });
  const cookie = (begun.headers.get("Set-Cookie") ?? "").split(";")[0] ?? "";
  const status = async (by: { token: string } | { cookie: string }) =>
    (await api("/users/me", by)).status;
  deepEqual([await status({ token: ada.accessToken }), await status({ cookie })], [200, 200]);
  await inDatabase(
    node,
    (sql) => sql`update users set status = 'pending' where id = ${ada.user.id}`,
  );
  const until = Date.now() + 5_500;
  while (await status({ token: ada.accessToken }) === 200 || await status({ cookie }) === 200) {
    ok(Date.now() < until, "it still counts after 5.5 s");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const refreshed = await api("/auth/refresh", { json: { refreshToken: ada.refreshToken } });
  deepEqual(codeOf(refreshed), [401, "session_ended"]);
});

Deno.test("[S4] an invitation lets in as many as it says, until it ends or is taken back", async () => {
  await setMode("invite");
  const invited = async (uses: number) => {
    const { status, body } = await api<{ invite: { id: string }; url: string }>("/admin/invites", {
      token: site.moderator.accessToken,
      json: { uses, note: "the choir" },
    });
    equal(status, 201);
    return { id: body.invite.id, secret: new URL(body.url).searchParams.get("invite") ?? "" };
  };
  const two = await invited(2);
  const taken = (await join({ invite: two.secret }, someName("first"))).body;
  const { username } = taken.user as { username: string };
  // one who fails to register leaves the invitation as it was
  deepEqual(codeOf(await join({ invite: two.secret }, username)), [409, "email_taken"]);
  const rush = await Promise.all(Array.from({ length: 5 }, () => join({ invite: two.secret })));
  deepEqual(rush.map(({ status }) => status).sort(), [201, 403, 403, 403, 403]);
  deepEqual(codeOf(await join({ invite: two.secret })), [403, "invite_ended"]);

  const back = await invited(5);
  equal((await asAdmin(`/admin/invites/${back.id}`, "DELETE")).status, 204);
  equal((await asAdmin(`/admin/invites/${back.id}`, "DELETE")).status, 404);
  deepEqual(codeOf(await join({ invite: back.secret })), [403, "invite_ended"]);

  const late = await invited(5);
  await inDatabase(
    site.node,
    (sql) => sql`update invites set ends_at = now() - interval '1 s' where id = ${late.id}`,
  );
  deepEqual(codeOf(await join({ invite: late.secret })), [403, "invite_ended"]);
  const list = await asAdmin<{ items: { id: string; state: string }[] }>("/admin/invites", "GET");
  const states = [two, back, late].map(({ id }) =>
    list.body.items.find((one) => one.id === id)?.state
  );
  deepEqual(states, ["used", "revoked", "ended"]);
  equal(JSON.stringify(list.body).includes(two.secret), false, "a link is told only once");

  // where others wait for approval, the invited do not
  await setMode("approval");
  const one = await invited(1);
  equal((await join({ invite: one.secret })).status, 201);
  await setMode("open");
  const { accessToken: token } = await register(site.node.url);
  equal((await api("/admin/invites", { token, json: {} })).status, 403);
});

Deno.test("[S4] the site's name, rules and notice are shown everywhere, as text and never as markup", async () => {
  const rules = "# House rules\n\n- **No** hate\n\n<script>alert(1)</script>\n\n" +
    "[site](https://example.org) [bad](javascript:alert(1)) <img src=x onerror=alert(1)>";
  const name = 'Quay & <b>"Radio"</b>';
  const changed = await asAdmin("/admin/config", "PATCH", {
    name,
    rules,
    legal: "Ada Quay, Paris",
  });
  equal(changed.status, 200);
  const page = (path: string) =>
    ask<string>(site.node.url, path, { headers: { Accept: "text/html" } });
  const home = (await page("/")).body;
  match(home, /<title>[^<]*Quay &amp; &lt;b>/);
  match(home, /href="\/rules"/);
  match(home, /href="\/legal"/);
  match(home, /Runs on Veza/);
  const shown = (await page("/rules")).body;
  match(shown, /<h2>House rules<\/h2>/);
  match(shown, /<strong>No<\/strong>/);
  match(shown, /<a href="https:\/\/example\.org"/);
  const article = /<article[\s\S]*<\/article>/.exec(shown)?.[0] ?? "";
  equal(/<script|<img|href="javascript/.test(article), false, article);
  match((await page("/legal")).body, /Ada Quay, Paris/);
  const manifest = await ask(site.node.url, "/site.webmanifest");
  equal(manifest.body.name, name);

  for (
    const [field, value] of [
      ["name", ""],
      ["name", "two\nlines"],
      ["name", "n".repeat(61)],
      ["rules", "r".repeat(20_001)],
      ["registration", "whoever"],
      ["colour", "red"],
    ] as const
  ) {
    const refused = await asAdmin("/admin/config", "PATCH", { [field]: value });
    deepEqual(codeOf(refused), [422, "invalid"], field);
  }
  await asAdmin("/admin/config", "PATCH", { name: "Veza", rules: "", legal: "" });
  equal((await page("/rules")).status, 404);
});

Deno.test("[S4] on a public address accounts wait by default; REGISTRATION wins over what is set", async () => {
  await using dataDir = await temporary();
  const at = { dataDir: dataDir.path };
  const PUBLIC_URL = "https://veza.example";
  const mode = async (node: RunningNode) => (await ask(node.url, "/api/v1/site")).body.registration;
  {
    await using open = await startNode({ ...at, env: { PUBLIC_URL } });
    equal(await mode(open), "approval");
    await inDatabase(at, (sql) => sql`update site_settings set registration = 'open'`);
  }
  await using closed = await startNode({ ...at, env: { PUBLIC_URL, REGISTRATION: "closed" } });
  equal(await mode(closed), "closed");
  const refused = await ask(closed.url, "/api/v1/auth/register", {
    json: { email: "a@example.org", username: "abcdef", password: PASSWORD },
  });
  deepEqual(codeOf(refused), [403, "registration_closed"]);
});
