/** `deno task admin`, beside a running node and without one (S4, O4). */
import { deepEqual, equal, match } from "node:assert/strict";
import { ask, PASSWORD, register } from "../support/client.ts";
import { cleanEnvironment, ROOT, startNode } from "../support/node.ts";
import { temporary, until } from "../support/processes.ts";

/** Runs the task as a person would; its last line of output, its errors and its code. */
async function admin(dataDir: string, args: readonly string[], input = "") {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--frozen", "--no-prompt", "-q", "-P=node", "tasks/admin.ts", ...args],
    cwd: ROOT,
    clearEnv: true,
    env: { ...cleanEnvironment(), NO_COLOR: "1", DATA_DIR: dataDir },
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  if (input) await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  return {
    code,
    out: new TextDecoder().decode(stdout).trim(),
    errors: new TextDecoder().decode(stderr).trim(),
  };
}

Deno.test("[S4] the first administrator is made by the task, beside a running node", async () => {
  await using node = await startNode();
  const made = await admin(
    node.dataDir,
    ["create", "root_of_all", "--password-stdin"],
    "correct horse\n",
  );
  deepEqual([made.code, made.errors], [0, ""]);
  const { status, body } = await ask<{ user: { roles: string[] } }>(
    node.url,
    "/api/v1/auth/login",
    {
      method: "POST",
      json: { login: "root_of_all", password: "correct horse" },
    },
  );
  equal(status, 200);
  deepEqual(body.user.roles, ["user", "admin"]);

  const grant = await register(node.url);
  const { username } = grant.user;
  equal((await admin(node.dataDir, ["roles", username, "creator"])).code, 0);
  match((await admin(node.dataDir, ["show", username])).out, /creator$/);
  equal((await admin(node.dataDir, ["create", username])).code, 0);
  match((await admin(node.dataDir, ["show", username])).out, /creator, admin$/);
});

Deno.test("[S4] who waits for approval is let in by being made administrator", async () => {
  await using node = await startNode({ env: { REGISTRATION: "approval" } });
  const json = {
    email: "ada@example.org",
    username: "ada",
    password: PASSWORD,
    reason: "It is mine",
  };
  equal((await ask(node.url, "/api/v1/auth/register", { json })).status, 202);
  equal((await admin(node.dataDir, ["create", "ada"])).code, 0);
  const login = { login: "ada", password: PASSWORD };
  equal((await ask(node.url, "/api/v1/auth/login", { json: login })).status, 200);
});

Deno.test("[O4] the task works without a node, and says what it did not understand", async () => {
  await using dataDir = await temporary();
  const made = await admin(dataDir.path, ["create", "ada"]);
  match(made.out, /^ada is an administrator\. Password, shown only now: \S{20,}$/);
  match(
    (await admin(dataDir.path, ["show", "ada"])).out,
    /^ada <ada@localhost\.invalid> user, admin$/,
  );
  const wrong = await Promise.all([
    admin(dataDir.path, ["destroy", "ada"]),
    admin(dataDir.path, ["roles", "ada", "emperor"]),
    admin(dataDir.path, ["roles", "ada", "guest"]),
    admin(dataDir.path, ["create"]),
    admin(dataDir.path, ["create", "ada", "--pass=x"]),
  ]);
  deepEqual(wrong.map(({ code }) => code), [2, 2, 2, 2, 2]);
  const nobody = await admin(dataDir.path, ["show", "nobody"]);
  deepEqual([nobody.code, nobody.errors], [1, 'No account "nobody"']);
  const weak = await admin(dataDir.path, ["create", "eve", "--password-stdin"], "aaaaaaaaaaaa\n");
  deepEqual([weak.code, /repeats/.test(weak.errors)], [1, true]);
  match((await admin(dataDir.path, ["--help"])).out, /^Makes administrators/);
});

Deno.test("[S2] a password that is replaced by the task ends all sessions, and lets its owner in", async () => {
  await using node = await startNode();
  const { accessToken: token, refreshToken, user } = await register(node.url);
  const { username } = user;
  const changed = await admin(
    node.dataDir,
    ["password", username, "--password-stdin"],
    "correct horse\n",
  );
  deepEqual([changed.code, changed.errors], [0, ""]);
  const login = (password: string) =>
    ask(node.url, "/api/v1/auth/login", { json: { login: username, password } });
  equal((await login(PASSWORD)).status, 401);
  equal((await login("correct horse")).status, 200);
  const json = { refreshToken };
  equal((await ask(node.url, "/api/v1/auth/refresh", { json })).status, 401);
  await until(
    "the end of the old token",
    async () => (await ask(node.url, "/api/v1/users/me", { token })).status === 401,
  );
  const weak = await admin(node.dataDir, ["password", username, "--password-stdin"], "short\n");
  equal(weak.code, 2);
});
