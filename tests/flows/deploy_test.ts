/** What `deploy/` says is true: settings and paths that exist, and configurations that load (O12, O15). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { parseAllDocuments } from "npm:yaml@2.8.1";
import { parseConfig } from "../../config.ts";
import { socketAddress } from "../../db/embedded.ts";
import { describeConfig } from "../../node/settings_shown.ts";
import type { Look } from "../../routes/local_desk.ts";
import { song } from "../support/audio.ts";
import { register, upload, waitForTrack } from "../support/client.ts";
import { cuttable } from "../support/cut.ts";
import { testDatabase } from "../support/database.ts";
import { filesBelow } from "../support/files.ts";
import { freePort, untilListening } from "../support/listening.ts";
import { NODE_COMMAND, ROOT, startNode } from "../support/node.ts";
import { temporary } from "../support/processes.ts";
import { startWorker } from "../support/worker.ts";

const DEPLOY = `${ROOT}/deploy`;
const read = (path: string) => Deno.readTextFile(`${DEPLOY}/${path}`);
const exists = (path: string) => Deno.stat(path).then(() => true, () => false);
const SETTINGS = new Set(Object.keys(describeConfig(parseConfig({}))));
/** Set for Deno itself. */
const OF_DENO = "DENO_DIR";
const PATH = `${Deno.env.get("PATH")}:/usr/sbin:/usr/local/sbin`;

/** Any part of a YAML document; a leaf is read by `String`. */
interface Yaml {
  readonly [key: string]: Yaml | undefined;
}
const entries = (tree: Yaml | undefined): [string, Yaml][] =>
  Object.entries(tree ?? {}).flatMap(([key, value]) => value === undefined ? [] : [[key, value]]);
const parts = (tree: Yaml | undefined): Yaml[] => entries(tree).map(([, value]) => value);

async function documents(path: string): Promise<Yaml[]> {
  const parsed = parseAllDocuments(await read(path), { merge: true });
  return Array.from(parsed, (document) => {
    deepEqual([...document.errors, ...document.warnings], [], path);
    return document.toJS() as Yaml;
  });
}

/** What a program says of its configuration; it has to say yes. */
async function approves(name: string, args: readonly string[], env: Record<string, string> = {}) {
  const command = new Deno.Command(name, { args: [...args], env: { PATH, ...env }, stdin: "null" });
  const { success, stderr, stdout } = await command.output();
  const text = new TextDecoder().decode(stderr) + new TextDecoder().decode(stdout);
  ok(success, `${name} ${args.join(" ")}: ${text}`);
}

Deno.test("[O12] compose: every setting exists, every secret is in .env.example, every path is there", async () => {
  const text = await read("compose.yml");
  const [{ services, volumes } = {}] = await documents("compose.yml");
  ok(services && volumes);
  const ours = entries(services).filter(([, { image }]) => String(image) === "veza");
  deepEqual(ours.map(([name]) => name), ["node-1", "node-2", "worker"]);
  for (const [name, { environment }] of ours) {
    for (const [key] of entries(environment)) ok(SETTINGS.has(key), `${name}: ${key}`);
    // the values are good ones, too
    const filled = entries(environment).map(([key, value]) =>
      [key, String(value).replace(/\$\{\w+:\?\}/g, "an-example-of-a-secret")] as const
    );
    parseConfig(Object.fromEntries(filled));
  }
  // an encoder has somewhere to go while a node is away
  const nodes = ours.filter(([name]) => name.startsWith("node-"));
  const published = nodes.flatMap(([, { ports }]) => parts(ports).map(String));
  deepEqual(published, ["8001:8001", "8002:8001"]);
  const asked = new Set([...text.matchAll(/\$\{(\w+)[:}]/g)].map(([, name]) => name));
  const example = await read(".env.example");
  const offered = new Set([...example.matchAll(/^(\w+)=/gm)].map(([, name]) => name));
  deepEqual([...asked].sort(), [...offered].sort());
  for (const [name, service] of entries(services)) {
    for (const volume of parts(service.volumes)) {
      const [from = ""] = String(volume).split(":");
      if (from.startsWith("./")) ok(await exists(`${DEPLOY}/${from}`), `${name}: ${from}`);
      else if (!from.startsWith("/")) ok(from in volumes, `${name}: ${from}`);
    }
    const { depends_on: needs } = service;
    const names = Array.isArray(needs) ? needs.map(String) : Object.keys(needs ?? {});
    for (const needed of names) ok(needed in services, `${name} depends on ${needed}`);
  }
  for (const proxy of ["Caddyfile", "nginx.conf", "traefik.yml"]) {
    const upstreams = [...(await read(`proxies/${proxy}`)).matchAll(/\b(node-\d):(\d+)/g)];
    deepEqual(upstreams.map(([, node]) => node), ["node-1", "node-2"], proxy);
    ok(upstreams.every(([, , port]) => port === "8080"), proxy);
  }
});

Deno.test("[O12] the image has this Deno, runs what a node is run as, and leaves no needed file out", async () => {
  const text = await read("Dockerfile");
  const version = (await Deno.readTextFile(`${ROOT}/.ci/deno-version`)).trim();
  match(
    text,
    new RegExp(`^FROM denoland/deno:bin-${version.replaceAll(".", "\\.")} AS deno$`, "m"),
  );
  const [, words = "[]"] = /^CMD (\[.*\])$/m.exec(text) ?? [];
  const command = (JSON.parse(words) as string[]).filter((word) => word !== "--cached-only");
  const wanted = NODE_COMMAND.filter((word) => word !== "--env-file"); // settings are the container's
  deepEqual(command, ["deno", ...wanted, "main.ts"]);
  const [, set = ""] = /^ENV (DENO_DIR=\S+ DATA_DIR.*)$/m.exec(text) ?? [];
  for (const pair of set.split(" ")) {
    const [name = ""] = pair.split("=");
    ok(name === OF_DENO || SETTINGS.has(name), name);
  }
  for (const name of text.match(/\b[\w/]+\.ts\b/g) ?? []) ok(await exists(`${ROOT}/${name}`), name);
  match(text, /^USER veza$/m);
  const ignored = (await read("Dockerfile.dockerignore")).trim().split("\n");
  const needed = ["main.ts", "deno.json", "deno.lock", "media", "node", "db", "tasks", "static"];
  deepEqual(needed.filter((path) => ignored.includes(path)), []);
  ok(ignored.includes(".env") && ignored.includes("data"), "secrets would be in the image");
});

Deno.test("[O12] Kubernetes: settings exist, and what is named is made", async () => {
  const files = ["settings.yml", "node.yml", "worker.yml"];
  const all = (await Promise.all(files.map((file) => documents(`kubernetes/${file}`)))).flat();
  const kinds = new Set(all.map(({ kind, metadata }) => `${kind} ${metadata?.name}`));
  const made = await read("kubernetes/settings.yml");
  for (const { kind, data, spec } of all) {
    if (String(kind) === "ConfigMap") {
      for (const [key] of entries(data)) ok(SETTINGS.has(key), key);
    }
    const pod = String(kind) === "Deployment" ? spec?.template?.spec : undefined;
    for (const container of parts(pod?.containers)) {
      for (const { name } of parts(container.env)) ok(SETTINGS.has(String(name)), String(name));
      for (const { configMapRef, secretRef } of parts(container.envFrom)) {
        if (configMapRef) ok(kinds.has(`ConfigMap ${configMapRef.name}`));
        if (secretRef) ok(made.includes(`secret generic ${secretRef.name} `), `${secretRef.name}`);
      }
    }
    for (const { persistentVolumeClaim: claim } of parts(pod?.volumes)) {
      if (claim) ok(kinds.has(`PersistentVolumeClaim ${claim.claimName}`));
    }
    const target = String(kind) === "HorizontalPodAutoscaler" ? spec?.scaleTargetRef : undefined;
    if (target) ok(kinds.has(`Deployment ${target.name}`));
  }
  for (const [, name = ""] of made.matchAll(/--from-(?:literal|file)=(\w+)=/g)) {
    ok(SETTINGS.has(name), name);
  }
});

Deno.test("[O15] systemd: the units run what a node and a worker are run as", async () => {
  for (const [unit, entry] of [["veza", "main.ts"], ["veza-worker", "media/worker.ts"]] as const) {
    const text = await read(`systemd/${unit}.service`);
    const [, command = ""] = /^ExecStart=(.*)$/m.exec(text) ?? [];
    const wanted = NODE_COMMAND.filter((word) => word !== "--env-file");
    equal(command, ["/usr/local/bin/deno", ...wanted, entry].join(" "));
    ok(await exists(`${ROOT}/${entry}`));
    for (const [, name = ""] of text.matchAll(/^Environment=(\w+)=/gm)) {
      ok(name === OF_DENO || SETTINGS.has(name), name);
    }
    for (const line of text.split("\n")) {
      match(line, /^$|^#|^\[(Unit|Service|Install)\]$|^[A-Z][A-Za-z]+=\S.*$/);
    }
  }
});

Deno.test("[O12] the other YAML of deploy is well-formed", async () => {
  const paths = (await filesBelow(DEPLOY)).filter((path) => /\.ya?ml$/.test(path));
  ok(paths.length >= 7);
  for (const path of paths) {
    const relative = path.slice(path.indexOf("deploy/") + "deploy/".length);
    ok((await documents(relative)).length > 0, relative);
  }
});

Deno.test("[O12] the runbook names tasks, settings and files that exist", async () => {
  const text = await read("RUNBOOK.md");
  const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`));
  for (const [, name = ""] of text.matchAll(/deno task (?:-q )?([a-z]+)/g)) ok(name in tasks, name);
  for (const [, name = ""] of text.matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]*|ROLES)(?:=[^`]*)?`/g)) {
    ok(SETTINGS.has(name) || name === "S3_", name);
  }
  for (
    const [, path = ""] of text.matchAll(/`((?:proxies|kubernetes|systemd)\/[\w.]+|compose\.yml)`/g)
  ) {
    ok(await exists(`${DEPLOY}/${path}`), path);
  }
  for (const chapter of ["Add a node", "Drain a node", "A node died", "NATS died", "Restore"]) {
    match(text, new RegExp(`^## ${chapter}$`, "m"));
  }
});

Deno.test("[O15] nginx takes its configuration", async () => {
  await using folder = await temporary();
  const { path } = folder;
  await approves("openssl", [
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"],
    ...["-keyout", `${path}/privkey.pem`, "-out", `${path}/fullchain.pem`],
  ]);
  const text = (await read("proxies/nginx.conf"))
    .replaceAll("/etc/nginx/tls", path)
    .replaceAll(/node-\d:/g, "127.0.0.1:"); // names that only that network knows
  await Deno.writeTextFile(`${path}/nginx.conf`, `pid ${path}/pid;\n${text}`);
  await approves("nginx", ["-t", "-p", path, "-e", "stderr", "-c", `${path}/nginx.conf`]);
});

/** What a worker that was taken over would like to hear: rooms, what others are asked and answered. */
const BEYOND_HEARING = ["room.any", "actor.room.>", "_INBOX.>", "_INBOX.node.>"];
/** And to say: as a room, in place of who was asked, and to the stores of claims and of events. */
const BEYOND_SAYING = [
  ...["room.any", "actor.room.any.1", "begin.room.any", "_INBOX.node.any.1"],
  ...["$JS.API.STREAM.DELETE.KV_claims", "$JS.API.STREAM.PURGE.KV_claims"],
  ...["$JS.API.STREAM.UPDATE.KV_claims", "$JS.API.CONSUMER.CREATE.KV_claims.any.any"],
  ...["$KV.claims.room.any", "auth.user.registered.v1", "$JS.API.STREAM.DELETE.EVENTS"],
];

Deno.test("[O12] NATS: with its accounts a node and a worker work together, and a worker can do no more", async () => {
  await using database = await testDatabase();
  await using door = cuttable(socketAddress(database.socketDir).path);
  await using folder = await temporary();
  const port = freePort();
  const secret = () => crypto.getRandomValues(new Uint8Array(24)).toHex();
  const [ofNode, ofWorker] = [`1e5${secret()}`, secret()];
  const quoted = (text: string) => `"${text}"`; // as compose.yml has it: the first is no number
  const env = {
    PATH,
    NATS_STORE: folder.path,
    NATS_NODE_PASSWORD: quoted(ofNode),
    NATS_WORKER_PASSWORD: quoted(ofWorker),
    NATS_ADMIN_PASSWORD: quoted(secret()),
  };
  const conf = `${DEPLOY}/nats.conf`;
  await approves("nats-server", ["-t", "-c", conf], env);
  const server = new Deno.Command("setpriv", {
    args: [
      ...["--pdeathsig", "KILL", "nats-server", "-c", conf],
      ...["-a", "127.0.0.1", "-p", String(port), "-m", String(freePort())],
    ],
    env,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const said = new Response(server.stderr).text();
  try {
    await untilListening("nats-server", server, port);
    const DATABASE_URL = `postgres://veza@127.0.0.1:${door.port}/${database.name}`;
    const asked = (user: string, password: string) =>
      `nats://${user}:${password}@127.0.0.1:${port}`;
    await using node = await startNode({
      env: { DATABASE_URL, NATS_URL: asked("node", ofNode), ROLES: "web" },
    });
    await using worker = await startWorker({
      name: "worker",
      dataDir: node.dataDir,
      env: { DATABASE_URL, NATS_URL: asked("worker", ofWorker) },
    });
    const { accessToken } = await register(node.url);
    const { body } = await upload(node.url, accessToken, await song("flac", 2));
    const track = await waitForTrack(node.url, body.track.id, ["ready", "failed"]);
    equal(track.status, "ready", JSON.stringify(track.failure));

    const other = await connect({ port, user: "node", pass: ofNode });
    const beats = other.subscribe("node.beat");
    let id = "";
    for await (const beat of beats) {
      const { id: its, name } = beat.json<{ id: string; name: string }>();
      if (name === "worker") id = its;
      if (id) break;
    }
    const query = { sort: "name", limit: 1, offset: 0 };
    const look = await other.request(`desk.${id}`, JSON.stringify({ query }));
    equal(look.json<Look>().node.name, "worker"); // it may answer what it was asked
    await worker.stop();
    await node.stop();

    const stranger = await connect({ port, user: "worker", pass: ofWorker });
    for (const subject of BEYOND_HEARING) stranger.subscribe(subject, { callback: () => {} });
    for (const subject of BEYOND_SAYING) {
      stranger.publish(subject, "", { reply: "_INBOX.worker.me" });
    }
    await stranger.flush();
    await stranger.close();
    const { created } = await (await jetstreamManager(other)).streams.info("KV_claims");
    ok(created, "the claims have gone");
    await other.close();
  } finally {
    server.kill("SIGTERM");
    await server.status;
  }
  const violations = (await said).split("\n").filter((line) => /violation/i.test(line));
  const refused = violations.map((line) => /Subject "([^"]+)"/.exec(line)?.[1] ?? line);
  // each of these, and nothing that the node and the worker did before
  deepEqual(refused.sort(), [...BEYOND_HEARING, ...BEYOND_SAYING].sort());
});
