/** A recording that cannot be closed, as those see it who run the site, and its host (L7, A16). */
import { deepEqual, equal, match } from "node:assert/strict";
import type { Job, JobPage } from "../../domain/jobs.ts";
import type { LiveView } from "../../domain/live.ts";
import { inDatabase, setRoles } from "../support/accounts.ts";
import { ask, register, signIn } from "../support/client.ts";
import { goLive, hostOf, makeStream, opusTone, packetsIn } from "../support/live_host.ts";
import { original, recordingOf, samePackets, stopStream } from "../support/live_replay.ts";
import { startNode } from "../support/node.ts";
import { until } from "../support/processes.ts";
import { run } from "../support/run.ts";

Deno.test("[L7][A16] parts that are away: it waits as a job, and is closed when it is tried again", async () => {
  await using node = await startNode();
  const { url, dataDir } = node;
  const anna = await hostOf(url);
  const token = anna.accessToken;
  const boss = await register(url);
  await setRoles(node, boss.user.id, ["admin"]);
  const admin = { token: (await signIn(url, boss.user.username)).accessToken };
  const packets = await opusTone(4);
  const { id } = await makeStream(url, token, { title: "Away", record: true });
  const view = async (by: { token?: string } = { token }) =>
    (await ask<LiveView>(url, `/api/v1/live/${id}`, by)).body;
  const job = async () => (await ask<Job>(url, `/api/v1/admin/jobs/${id}`, admin)).body;
  const act = async (what: string, by: { token: string } = admin) =>
    (await ask(url, `/api/v1/admin/jobs/${id}/${what}`, { ...by, method: "POST" })).status;
  /** `deno task jobs …` beside the node. */
  const task = async (...words: string[]) => {
    const { ended, lines } = run(["task", "-q", "jobs", ...words], { env: { DATA_DIR: dataDir } });
    equal(await ended, 0, lines.join("\n"));
    return lines.join("\n");
  };

  {
    await using live = await goLive(url, token, id);
    await live.play(packets);
  }
  await until("all is stored", async () => {
    let left = 1;
    await inDatabase(node, async (sql) => {
      left = (await sql`select 1 from live_takes where writer is not null`).count;
    });
    return left === 0;
  });
  const [parts, elsewhere] = [`${dataDir}/media/live/${id}/parts`, `${dataDir}/elsewhere`];
  await Deno.rename(parts, elsewhere);
  await stopStream(url, anna, id);
  await until("it was tried", async () => (await job()).failures > 0);
  const { kind, title, code, reason } = await job();
  deepEqual([kind, title, code], ["recording", "Away", "processing_failed"]);
  match(reason!, /^0 parts were found/);
  equal((await view()).recordingState, "closing");
  equal((await view({})).recordingState, null, "nobody else's business");
  match(await task(), new RegExp(`${id} .*recording .*0 parts were found`));

  // given up by hand, it stays as it is until somebody wants it again
  deepEqual([await act("cancel"), await act("cancel")], [200, 409]);
  equal((await view()).recordingState, "failed");
  const page = await ask<JobPage>(url, "/api/v1/admin/jobs?status=cancelled", admin);
  deepEqual(page.body.items.map((one) => one.id), [id]);
  equal(await act("retry", { token }), 403, "its host does not run the site");

  await Deno.rename(elsewhere, parts);
  match(await task("retry", id), /^Job [0-9a-f-]+ is (waiting|running|done) now$/);
  const track = await recordingOf(url, anna, id);
  samePackets(packetsIn(await original(url, anna, track.id)), packets);
  deepEqual([(await job()).status, (await view()).recordingState], ["done", "done"]);
  equal(await act("retry"), 409);
});
