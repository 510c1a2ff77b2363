/** `deno task doctor`: what is amiss is named, with what to do (O4). */
import { deepEqual, equal, match, ok } from "node:assert/strict";
import { cleanEnvironment, ROOT, startNode } from "../support/node.ts";
import { temporary } from "../support/processes.ts";

interface Finding {
  readonly state: string;
  readonly what: string;
  readonly found: string;
  readonly advice?: string;
}

const doctor = (env: Record<string, string>, ...args: string[]) => task("doctor", env, ...args);

async function task(name: string, env: Record<string, string>, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--frozen", "--no-prompt", "-q", "-P=node", `tasks/${name}.ts`, ...args],
    cwd: ROOT,
    clearEnv: true,
    env: { ...cleanEnvironment(), NO_COLOR: "1", ...env },
    stdin: "null",
  }).output();
  return {
    code,
    out: new TextDecoder().decode(stdout),
    errors: new TextDecoder().decode(stderr),
  };
}

Deno.test("[O4] beside a running node all is fine; where something is amiss it says what to do", async () => {
  await using node = await startNode();
  const port = new URL(node.url).port;
  const healthy = await doctor({ DATA_DIR: node.dataDir, PORT: port }, "--json");
  equal(healthy.code, 0, healthy.out + healthy.errors);
  const findings: Finding[] = JSON.parse(healthy.out);
  const found = (what: string) => findings.find((one) => one.what === what);
  match(found("port")?.found ?? "", /a node answers/);
  match(found("database")?.found ?? "", new RegExp(`run by process ${node.pid}`));

  await using other = await temporary();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const nobody = closed.addr.port;
  closed.close();
  await Deno.writeTextFile(`${other.path}/file`, "");
  const sick = await doctor({
    DATA_DIR: `${other.path}/file/below`,
    PORT: String(taken.addr.port),
    DATABASE_URL: `postgres://veza@127.0.0.1:${nobody}/veza`,
    REDIS_URL: `redis://127.0.0.1:${nobody}`,
    CLAMAV_URL: `tcp://127.0.0.1:${nobody}`,
  }, "--json");
  equal(sick.code, 1);
  const bad = (JSON.parse(sick.out) as Finding[]).filter(({ state }) => state === "bad");
  deepEqual(bad.map(({ what }) => what), ["disk", "port", "database", "redis", "clamav"]);
  ok(bad.every(({ advice }) => advice));
  const wrong = await doctor({ PORT: "many" });
  deepEqual([wrong.code, /PORT/.test(wrong.errors)], [2, true]);
});

Deno.test("[O4] doctor, config and migrate answer --help, and refuse what they do not know", async () => {
  for (const name of ["doctor", "config", "migrate"]) {
    const env = { DATA_DIR: "/nowhere" };
    const helped = await task(name, env, "--help");
    deepEqual([helped.code, helped.out.includes(`deno task ${name}`)], [0, true], name);
    const { code, errors } = await task(name, env, "--bogus");
    deepEqual([code, errors.includes("--bogus")], [2, true], name);
    ok(!/ at .*:\d/.test(errors), errors);
  }
});
