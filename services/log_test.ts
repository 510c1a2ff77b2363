import { deepEqual, equal, match } from "node:assert/strict";

/** What a process prints that logs so and ends so. */
async function printed(work: string, options: Record<string, string>): Promise<string[]> {
  const log = new URL("./log.ts", import.meta.url).href;
  const code = `import { startLogging } from ${JSON.stringify(log)};
    const log = startLogging(${JSON.stringify({ node: "n1", ...options })});
    ${work}`;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "-q",
      "--no-check",
      "-A",
      `data:application/typescript,${encodeURIComponent(code)}`,
    ],
    stdout: "null",
  });
  const { stderr } = await child.output();
  return new TextDecoder().decode(stderr).split("\n").slice(0, -1);
}

Deno.test("[O9] a line is JSON; what a user typed makes no second one; lower levels are left out", async () => {
  const lines = await printed(
    `log.debug("no"); log.warn("a\\nb", { path: "x\\ny", error: new Error("why"), big: 1n });
     await log[Symbol.asyncDispose]();`,
    { level: "info", format: "json" },
  );
  equal(lines.length, 1, lines.join("\n"));
  const { timestamp, error, ...rest } = JSON.parse(lines[0]!);
  match(timestamp, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  match(error, /Error: why/);
  deepEqual(rest, {
    ...{ level: "WARNING", service: "veza", node: "n1" },
    ...{ message: "a\nb", path: "x\ny", big: "1" },
  });
});

Deno.test("[O9] for a person a line is a line too", async () => {
  const lines = await printed(
    `log.error("a\\nb", { path: "x\\ny", ok: "/plain" }); await log[Symbol.asyncDispose]();`,
    { level: "info", format: "pretty" },
  );
  equal(lines.length, 1, lines.join("\n"));
  match(lines[0]!, /error.* a b .*path="x\\ny" ok=\/plain/);
});

Deno.test("[O9] the last lines of a process that exits at once are written", async () => {
  const lines = await printed(`log.info("the last words"); Deno.exit(3);`, {
    ...{ level: "info", format: "json" },
  });
  equal(JSON.parse(lines[0]!).message, "the last words");
});
