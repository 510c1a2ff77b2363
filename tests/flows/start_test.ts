/** Starting and ending a node as people do: the start task, signals, settings, what it may do. */
import assert from "node:assert/strict";
import { song } from "../support/audio.ts";
import { ask, register, upload } from "../support/client.ts";
import { cleanEnvironment, NODE_COMMAND, ROOT, startNode, waitReady } from "../support/node.ts";
import { alive, childrenOf, temporary, until } from "../support/processes.ts";
import { noise, run } from "../support/run.ts";

const node = [...NODE_COMMAND, "main.ts"];

Deno.test("[O1] `deno task start` on an empty folder answers; Ctrl-C ends all of it with 0", async () => {
  await using dataDir = await temporary();
  const started = run(["task", "start"], { env: { DATA_DIR: dataDir.path } });
  const url = await started.url;
  await waitReady(url, 5_000);
  const page = await ask<string>(url, "/");
  assert.equal(page.status, 200);
  assert.match(page.body, /<html/);
  const family = await childrenOf(started.child.pid);
  assert.ok(
    family.some(({ command }) => command.includes("bin/postgres")),
    "no postgres was found",
  );
  const server = family.find(({ command }) => command.includes("bin/postgres -D"));
  assert.notEqual(server?.group, started.child.pid, "Ctrl-C would reach postgres before the node");
  // a terminal signals the whole group; postgres is not in it
  Deno.kill(-started.child.pid, "SIGINT");
  assert.equal(await started.ended, 0);
  assert.deepEqual(noise(started.lines), []);
  for (const { pid, command } of family) assert.equal(await alive(pid), false, command);
});

Deno.test("[O1] a person sees one line of migrations, and address and setup link last, set apart", async () => {
  await using dataDir = await temporary();
  const started = run([...node], {
    prefix: ["sh", "-c", 'exec "$0" "$@" 2>&1'], // one pipe, as a terminal is one
    env: {
      ...{ DATA_DIR: dataDir.path, LOG_FORMAT: "pretty", ENCODER_PORT: "0" },
      PUBLIC_URL: "http://localhost:1",
    },
  });
  const { lines } = started;
  await until("the last line", () => Promise.resolve(lines.at(-1) === "" && lines.length > 3));
  const [before, own, site, setup, after] = lines.slice(-5);
  assert.deepEqual([before, after], ["", ""]);
  const [, url = ""] = /^This node answers at (http:\/\/127\.0\.0\.1:\d+)$/.exec(own ?? "") ?? [];
  assert.equal((await ask(url, "/readyz")).status, 200);
  assert.equal(site, "Visitors find the site at http://localhost:1");
  assert.match(setup ?? "", /Set it up, once, at http:\/\/localhost:1\/setup\?token=\S+$/);
  assert.equal(lines.filter((line) => line.includes("migrated")).length, 1, lines.join("\n"));
  const last = lines.length;
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.deepEqual(lines.slice(last), [], "more comes, and pushes the link away");
  Deno.kill(started.child.pid, "SIGTERM");
  assert.equal(await started.ended, 0);
});

Deno.test("[O1] SIGTERM ends the task, the node and its database with 0", async () => {
  await using dataDir = await temporary();
  const started = run(["task", "start"], { env: { DATA_DIR: dataDir.path } });
  await waitReady(await started.url, 5_000);
  const family = await childrenOf(started.child.pid);
  Deno.kill(started.child.pid, "SIGTERM"); // to the task alone, as a service manager does
  assert.equal(await started.ended, 0);
  assert.deepEqual(noise(started.lines), []);
  for (const { pid, command } of family) assert.equal(await alive(pid), false, command);
});

Deno.test("[O2] kill -9 leaves no process behind, and what was answered is still there", async () => {
  await using running = await startNode();
  const grants = await Promise.all([1, 2, 3].map(() => register(running.url)));
  const token = grants[0]?.accessToken ?? "";
  assert.equal((await upload(running.url, token, await song("flac", 120))).status, 202);
  let family = await childrenOf(running.pid);
  await until("an encoder", async () => {
    family = await childrenOf(running.pid);
    return family.some(({ command }) => /ffmpeg .*-i /.test(command));
  });
  assert.ok(
    family.some(({ command }) => command.includes("bin/postgres")),
    "no postgres was found",
  );
  await running.kill9();
  await running.restart(); // at once: it waits for the old server to end
  for (const { pid, command } of family) {
    await until(`the end of ${command}`, async () => !await alive(pid));
  }
  for (const { accessToken, user } of grants) {
    const me = await ask<{ id: string }>(running.url, "/api/v1/users/me", { token: accessToken });
    assert.equal(me.status, 200);
    assert.equal(me.body.id, user.id);
  }
});

Deno.test("[O2] a second node on the same DATA_DIR is refused in words, naming the first", async () => {
  await using running = await startNode();
  const second = run(node, { env: { DATA_DIR: running.dataDir } });
  assert.equal(await second.ended, 1);
  assert.match(second.lines.join("\n"), new RegExp(`in use: process ${running.pid} runs`));
  assert.deepEqual(noise(second.lines), []);
  assert.equal((await ask(running.url, "/readyz")).status, 200);
});

Deno.test("[O1] a port that is taken is told in words, exit 1", async () => {
  await using dataDir = await temporary();
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(listener.addr.port);
  const started = run(node, { env: { DATA_DIR: dataDir.path, PORT: port } });
  assert.equal(await started.ended, 1);
  assert.match(started.lines.join("\n"), new RegExp(`Port ${port} on 127.0.0.1 is in use`));
  assert.deepEqual(noise(started.lines), []);
});

Deno.test("[O3] --help says how a node and a worker are used; other words are not understood", async () => {
  for (
    const [file, told] of [["main.ts", /PUBLIC_URL/], ["media/worker.ts", /NATS_URL/]] as const
  ) {
    const helped = run([...NODE_COMMAND, file, "--help"]);
    assert.equal(await helped.ended, 0);
    assert.match(helped.lines.join("\n"), told);
    const wrong = run([...NODE_COMMAND, file, "--fast"]);
    assert.equal(await wrong.ended, 2);
    assert.match(wrong.lines.join("\n"), /Not understood: --fast/);
  }
});

Deno.test("[O3] all settings that are wrong are told at once, exit 2", async () => {
  await using dataDir = await temporary();
  const wrong = {
    DATA_DIR: dataDir.path,
    PORT: "http",
    DB_POOL: "0",
    LOG_LEVEL: "loud",
    NATS_URL: "nats://localhost:4222",
    METRICS_TOKEN: "short",
  };
  for (const words of [node, ["task", "config"]]) {
    const started = run(words, { env: wrong });
    assert.equal(await started.ended, 2);
    const text = started.lines.join("\n");
    for (const told of [/PORT is "http"/, /DB_POOL is "0"/, /LOG_LEVEL is "loud"/]) {
      assert.match(text, told);
    }
    assert.match(text, /METRICS_TOKEN is set: wanted at least 16/); // never its value
    assert.match(text, /DATABASE_URL is not set: wanted, because NATS_URL is set/);
    assert.deepEqual(noise(started.lines), []);
  }
});

Deno.test("[O3] .env is read, and the environment goes before it", async () => {
  await using folder = await temporary();
  await Deno.writeTextFile(`${folder.path}/.env`, "NODE_NAME=from-file\nLOG_LEVEL=error\n");
  const [env, flag = ""] = [`--env-file=${folder.path}/.env`, "--env-file"];
  const words = [...NODE_COMMAND.map((word) => word === flag ? env : word), "tasks/config.ts"];
  const started = run(words, { env: { LOG_LEVEL: "debug" } });
  assert.equal(await started.ended, 0);
  assert.ok(started.lines.includes("NODE_NAME=from-file"), started.lines.join("\n"));
  assert.ok(started.lines.includes("LOG_LEVEL=debug"));
});

Deno.test("[O1] the .env of who has tried a cluster changes no test", async () => {
  await using folder = await temporary();
  const lines = [
    "NATS_URL=nats://127.0.0.1:4222",
    "export DATABASE_URL = 'x'",
    "#PORT=1",
    "OTHER=1",
  ];
  await Deno.writeTextFile(`${folder.path}/.env`, lines.join("\n"));
  const { NATS_URL, DATABASE_URL, PORT, OTHER } = cleanEnvironment(folder.path);
  assert.deepEqual([NATS_URL, DATABASE_URL, PORT, OTHER], ["", "", undefined, undefined]);
});

Deno.test("[O3] .env.example has every setting, and nothing else", async () => {
  const { parseConfig } = await import("../../config.ts");
  const { describeConfig } = await import("../../node/settings_shown.ts");
  const text = await Deno.readTextFile(`${ROOT}/.env.example`);
  const named = [...text.matchAll(/^([A-Z_0-9]+)=/gm)].map(([, name]) => name ?? "");
  assert.deepEqual(named.toSorted(), Object.keys(describeConfig(parseConfig({}))).toSorted());
  const values = Object.fromEntries(
    [...text.matchAll(/^([A-Z_0-9]+)=(.*)$/gm)].map(([, name = "", value = ""]) => [name, value]),
  );
  const given = describeConfig(parseConfig(values));
  const { NODE_NAME: _made, ...defaults } = describeConfig(parseConfig({}));
  assert.deepEqual({ ...given, NODE_NAME: undefined }, { ...defaults, NODE_NAME: undefined });
});

Deno.test("[S10] no task of a node has all permissions, none has ffi; tests run what start runs", async () => {
  const { tasks, permissions } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  assert.ok(tasks.start.command.endsWith(["deno", ...node].join(" ")), tasks.start.command);
  for (const [name, { command }] of Object.entries<{ command: string }>(tasks)) {
    // /proc, which tells a process's memory, is for those alone who may do all
    if (name === "bench") continue;
    assert.doesNotMatch(command, /--allow-all|-A\b|--allow-ffi/, name);
  }
  for (const [name, set] of Object.entries<Record<string, unknown>>(permissions)) {
    assert.equal(set.ffi, undefined, name);
  }
  assert.ok(Array.isArray(permissions.node.run), "the node may start anything");
});

Deno.test("[S10] a node can neither start other programs nor write its own source", async () => {
  const { permissions } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  for (const program of ["sh", "curl", Deno.execPath()]) {
    assert.ok(!permissions.node.run.includes(program));
  }
  const tries = [
    "main.ts",
    "db/migrations/x.sql",
    ".cache/bin/ffmpeg",
    ".cache/web/x.js",
    ".git/x",
  ];
  const code = `
    const told = [];
    for (const path of ${JSON.stringify(tries)}) {
      const { state } = Deno.permissions.querySync({ name: "write", path });
      told.push(path + " " + state);
    }
    for (const command of ["sh", "setpriv", "./.cache/bin/postgres/hold"]) {
      told.push(command + " " + Deno.permissions.querySync({ name: "run", command }).state);
    }
    console.log(told.join("\\n"));
  `;
  await using folder = await temporary();
  await Deno.writeTextFile(`${folder.path}/try.ts`, code);
  const words = [...NODE_COMMAND, "--config=deno.json", `${folder.path}/try.ts`];
  const started = run(words);
  assert.equal(await started.ended, 0, started.lines.join("\n"));
  assert.deepEqual(started.lines, [
    ...tries.map((path) => `${path} denied`),
    "sh prompt",
    "setpriv granted",
    "./.cache/bin/postgres/hold granted",
  ]);
});
