/** `/metrics` of a node and of a worker, and what `deploy/` makes of it (O10, O12). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { parse } from "npm:yaml@2.8.1";
import { socketAddress } from "../../db/embedded.ts";
import { song } from "../support/audio.ts";
import { ask, register, upload, waitForTrack } from "../support/client.ts";
import { cuttable } from "../support/cut.ts";
import { testDatabase } from "../support/database.ts";
import { asked, type Exposed, exposed } from "../support/metrics.ts";
import { startNats } from "../support/nats.ts";
import { ROOT, startNode } from "../support/node.ts";
import { temporary } from "../support/processes.ts";
import { join, makeRoom, message, probeAs } from "../support/sockets.ts";
import { startWorker } from "../support/worker.ts";

const read = (path: string) => Deno.readTextFile(`${ROOT}/deploy/${path}`);

/** Runs promtool; it has to be content. */
async function promtool(args: readonly string[], input?: string): Promise<void> {
  const child = new Deno.Command("promtool", {
    args: [...args],
    cwd: `${ROOT}/deploy/prometheus`,
    stdin: input === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  if (input !== undefined) await new Blob([input]).stream().pipeTo(child.stdin);
  const { success, stdout, stderr } = await child.output();
  const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
  ok(success, `promtool ${args.join(" ")}: ${said}`);
}

/** The value of a series whose labels are written so. */
const valueOf = (text: string, series: string): number => {
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  ok(line, `${series} is not there:\n${text}`);
  return Number(line.slice(series.length + 1));
};

let text = "";
let has: Exposed;
Deno.test("[O10] a node counts requests by the patterns of their routes, and tells of all its parts", async () => {
  await using node = await startNode();
  const anna = await register(node.url);
  const { accessToken: token } = anna;
  const { body } = await upload(node.url, token, await song("flac", 2));
  const { id } = body.track;
  await waitForTrack(node.url, id, ["ready"], { token });
  for (let turn = 0; turn < 3; turn++) await ask(node.url, `/api/v1/tracks/${id}`, { token });
  await ask(node.url, `/tracks/${id}`);
  await ask(node.url, "/nothing/is/here?q=secret");
  const room = await makeRoom(node.url, anna);
  using socket = await probeAs(node.url, anna);
  await socket.ask(join(room.id));
  await socket.ask(message(room.id, "is anybody counting?"));
  const answer = await fetch(`${node.url}/metrics`);
  equal(answer.status, 200);
  match(answer.headers.get("Content-Type") ?? "", /^text\/plain; version=0\.0\.4/);
  text = await answer.text();
  has = exposed(text);
  for (const word of [id, room.id, "nothing", "counting"]) ok(!text.includes(word), word);

  const track = 'method="GET",endpoint="/api/v1/tracks/:id"';
  ok(valueOf(text, `http_requests_total{${track},status="200"}`) >= 3);
  ok(valueOf(text, `http_request_duration_seconds_count{${track}}`) >= 3);
  equal(valueOf(text, 'http_requests_total{method="GET",endpoint="/tracks/:id",status="200"}'), 1);
  equal(valueOf(text, 'http_requests_total{method="GET",endpoint="*",status="404"}'), 1);
  ok(valueOf(text, 'db_query_duration_seconds_count{kind="statement"}') > 0);
  ok(valueOf(text, 'db_query_duration_seconds_count{kind="transaction"}') > 0);
  ok(valueOf(text, 'cache_requests_total{cache="track",result="hit"}') > 0);
  ok(valueOf(text, 'cache_requests_total{cache="track",result="miss"}') > 0);
  equal(valueOf(text, "websocket_connections_active"), 1);
  ok(valueOf(text, "fanout_deliveries_total") >= 2);
  equal(valueOf(text, "fanout_drops_total"), 0);
  equal(valueOf(text, 'actors_active{kind="room"}'), 1);
  equal(valueOf(text, 'job_attempts_total{outcome="done"}'), 1);
  ok(valueOf(text, 'ffmpeg_runs_total{program="ffmpeg",outcome="done"}') >= 5);
  equal(valueOf(text, 'ffmpeg_processes{program="ffmpeg"}'), 0);
  equal(valueOf(text, 'actors_active{kind="track_upload"}'), 1);
  equal(valueOf(text, 'actor_mailbox_messages{kind="track_upload"}'), 0);
  equal(valueOf(text, 'actor_lifecycle_total{kind="track_upload",event="started"}'), 1);
  equal(valueOf(text, 'jobs{status="waiting"}'), 0);
  for (const name of ["event_loop_lag_seconds", "fanout_queue_bytes"]) ok(valueOf(text, name) >= 0);
  const proxied = await fetch(`${node.url}/metrics`, { headers: { "X-Forwarded-For": "::1" } });
  equal(proxied.status, 403);
  await proxied.body?.cancel();
});

Deno.test("[O10] Prometheus takes it, and finds nothing to lint", async () => {
  await promtool(["check", "metrics"], text);
});

Deno.test("[O12] alerts and the dashboard ask for what is there, and every alert is in the runbook", async () => {
  const { groups } = parse(await read("prometheus/alerts.yml"));
  const rules: { alert: string; expr: string; annotations: { runbook: string } }[] = groups
    .flatMap(({ rules }: { rules: unknown[] }) => rules);
  const { panels } = JSON.parse(await read("grafana/veza.json"));
  const targets: { expr: string }[] = panels
    .flatMap(({ targets = [] }: { targets?: unknown[] }) => targets);
  ok(rules.length >= 5 && targets.length >= 20);
  for (const { expr } of [...rules, ...targets]) {
    const series = asked(expr);
    ok(series.length > 0 || /\bup\{/.test(expr), `nothing is asked for: ${expr}`);
    for (const { name, labels } of series) {
      ok(has.names.has(name), `${name} is not at /metrics: ${expr}`);
      const known = has.labels.get(name);
      for (const label of labels) {
        ok(!known || known.has(label), `${name} has no ${label}: ${expr}`);
      }
    }
  }
  const chapters = [...(await read("RUNBOOK.md")).matchAll(/^## (.*)$/gm)]
    .map(([, title = ""]) => `RUNBOOK.md#${title.toLowerCase().replaceAll(" ", "-")}`);
  deepEqual(
    rules.map(({ annotations }) => annotations.runbook).filter((one) => !chapters.includes(one)),
    [],
  );
  deepEqual(
    chapters.filter((one) => one.includes("#alert-")).sort(),
    rules.map(({ annotations }) => annotations.runbook).sort(),
  );
});

Deno.test("[O12] Prometheus takes its configuration, and alerts fire when they should", async () => {
  await promtool(["check", "config", "--syntax-only", "prometheus.yml"]);
  await promtool(["check", "rules", "alerts.yml"]);
  await promtool(["test", "rules", "alerts_test.yml"]);
});

Deno.test("[O10] a worker answers on METRICS_PORT, and to who has the token alone", async () => {
  await using database = await testDatabase();
  await using door = cuttable(socketAddress(database.socketDir).path);
  await using nats = await startNats();
  await using folder = await temporary();
  const token = "a-token-of-sixteen-and-more";
  await using worker = await startWorker({
    name: "worker-1",
    dataDir: folder.path,
    env: {
      DATABASE_URL: `postgres://veza@127.0.0.1:${door.port}/${database.name}`,
      NATS_URL: nats.url,
      METRICS_PORT: "0",
      METRICS_TOKEN: token,
    },
  });
  const line = worker.logs().find((one) => one.includes("this worker takes jobs")) ?? "{}";
  const url = `http://127.0.0.1:${JSON.parse(line).metrics_port}`;
  equal((await ask(url, "/healthz")).status, 200);
  equal((await ask<{ status: string }>(url, "/readyz")).body.status, "ok");
  const refused = await ask<{ code: string }>(url, "/metrics");
  deepEqual([refused.status, refused.body.code], [401, "unauthenticated"]);
  const told = await ask<string>(url, "/metrics", { token });
  equal(told.status, 200);
  equal(valueOf(told.body, "cluster_nodes"), 1);
  match(told.body, /^veza_node_info\{node="worker-1",roles="worker"/m);
});
