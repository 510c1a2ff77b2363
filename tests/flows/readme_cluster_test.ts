/** What the README says of two nodes and a worker is run as it stands there. */
import { equal, ok } from "node:assert/strict";
import { song } from "../support/audio.ts";
import { register, signIn, upload, waitForTrack } from "../support/client.ts";
import { startNats } from "../support/nats.ts";
import { cleanEnvironment, followLines, ROOT, waitReady } from "../support/node.ts";
import { startPostgres } from "../support/postgres.ts";
import { temporary, until } from "../support/processes.ts";

/** Below those that the system deals out, of which another test may get any at any time. */
function freePort(): string {
  while (true) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return String(port);
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** A line of the README in a shell of its own; disposing of it is Ctrl-C. */
function typed(line: string, env: Record<string, string>) {
  const bin = Deno.execPath().replace(/\/[^/]+$/, "");
  const child = new Deno.Command("setpriv", {
    args: ["--pdeathsig", "KILL", "sh", "-c", line],
    cwd: ROOT,
    clearEnv: true,
    env: { ...cleanEnvironment(), LOG_FORMAT: "json", ...env, PATH: `${bin}:${env.PATH}` },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  }).spawn();
  const said: string[] = [];
  const read = followLines(child, (text) => said.push(text));
  return {
    said,
    async [Symbol.asyncDispose]() {
      // one that has ended by itself is told, with its last words
      const isThere = await Promise.race([child.status.then(() => false), Promise.resolve(true)]);
      if (isThere) Deno.kill(-child.pid, "SIGINT");
      await child.status;
      await read;
      ok(isThere, `"${line}" had ended:\n${said.slice(-20).join("\n")}`);
    },
  };
}

Deno.test("[O1] two nodes and a worker on one machine, by the three commands of the README", async () => {
  const readme = await Deno.readTextFile(`${ROOT}/README.md`);
  const block = readme.split("```sh\n").map((part) => part.split("```")[0] ?? "")
    .find((part) => part.includes("deno task worker"));
  const lines = block?.trim().split("\n") ?? [];
  equal(lines.length, 3, "the README has other commands");

  await using postgres = await startPostgres();
  await using nats = await startNats();
  await using folder = await temporary();
  const ports = [freePort(), freePort()];
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const env = {
    PATH: Deno.env.get("PATH") ?? "",
    DATABASE_URL: postgres.url,
    NATS_URL: nats.url,
    DATA_DIR: folder.path,
    PUBLIC_URL: urls[0] ?? "",
  };
  const [first = "", second = "", worker = ""] = lines.map((line) =>
    line.replace("8081", ports[0] ?? "").replace("8082", ports[1] ?? "")
  );
  await using one = typed(first, env);
  await waitReady(urls[0] ?? "", 60_000);
  await using other = typed(second, env);
  await using works = typed(worker, env);
  await waitReady(urls[1] ?? "", 60_000);
  await until(
    "the worker",
    () => Promise.resolve(works.said.some((text) => text.includes("this worker takes jobs"))),
    60_000,
  );

  await until(
    "where the second node says that it answers",
    () =>
      Promise.resolve(other.said.some((text) => text.includes(`This node answers at ${urls[1]}`))),
  );

  const told = (node: typeof one) => node.said.filter((text) => text.includes("no administrator"));
  await until(
    "what both say of the administrator",
    () => Promise.resolve([one, other].every((node) => told(node).length === 1)),
  );
  const links = [one, other].flatMap(told).flatMap((text) => text.match(/http\S+token=\S+/) ?? []);
  equal(links.length, 1, "the link of one node would end that of the other");
  const opened = await fetch(links[0] ?? "", { redirect: "manual" });
  equal(opened.status, 303);
  await opened.body?.cancel();

  const { user } = await register(urls[0] ?? "");
  const { accessToken: token } = await signIn(urls[1] ?? "", user.username);
  const { status, body } = await upload(urls[1] ?? "", token, await song("flac", 2));
  equal(status, 202);
  const track = await waitForTrack(urls[0] ?? "", body.track.id, ["ready", "failed"], { token });
  ok(track.status === "ready", JSON.stringify(track.failure));
});
