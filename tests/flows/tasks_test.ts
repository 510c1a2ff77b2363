/** What every task says of itself, and to who types something else than it wants (O4). */
import { deepEqual, equal, match } from "node:assert/strict";
import { ROOT } from "../support/node.ts";
import { noise, run } from "../support/run.ts";

const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}/deno.json`)) as {
  tasks: Record<string, { command: string; description: string }>;
};

/** A task's own command with these words, without what it depends on; its code and its lines. */
async function typed(name: string, ...words: string[]) {
  const [deno, ...command] = tasks[name]?.command.split(" ") ?? [];
  equal(deno, "deno", name);
  const { ended, lines } = run([...command, ...words]);
  return { code: await ended, lines, text: lines.join("\n") };
}

/** Two at a time: it is the start of a process that takes long. */
async function each<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const next = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
  };
  await Promise.all([next(), next()]);
}

Deno.test("[O4] --help of every task prints how it is used, and does nothing else", async () => {
  await each(Object.keys(tasks), async (name) => {
    const { code, lines, text } = await typed(name, "--help");
    equal(code, 0, `${name}: ${text}`);
    match(text, new RegExp(`deno task ${name}\\b`), name);
    deepEqual(lines.filter((line) => /^prepare: |passed|failed/.test(line)), [], name);
  });
});

Deno.test("[O4] a task refuses an option that it does not know by name, and says how it is used", async () => {
  await each(Object.keys(tasks), async (name) => {
    const { code, lines, text } = await typed(name, "--nonsense");
    equal(code, 2, `${name}: ${text}`);
    match(lines[0] ?? "", /--nonsense/, name);
    match(text, new RegExp(`deno task ${name}\\b`), name);
    deepEqual(noise(lines), [], name);
  });
});

/** What is typed, and how the answer begins. */
const WRONG: readonly [string, RegExp][] = [
  ["actors restart", /^restart wants an actor as the list names it, .*, not nothing$/],
  ["actors restart room", /^restart wants an actor as the list names it, .*, not "room"$/],
  ["actors restart room/", /not "room\/"$/],
  ["actors restart room/a/b", /not "room\/a\/b"$/],
  ["actors stop room/a", /^Not understood: stop$/],
  ["actors --limit=many", /^--limit is "many": wanted a whole number from 1$/],
  ["admin roles mara boss", /^"boss" is no role: there are user, premium_user, .*admin$/],
  ["admin roles mara guest", /^"guest" is no role: /],
  ["admin roles mara", /^roles wants at least one role: there are user, /],
  ["admin create mara admin", /^Not understood: admin$/],
  ["admin show", /^show wants the login of an account$/],
  ["admin crown mara", /^"crown" is nothing here$/],
  ["bench --minutes=long --list", /^--minutes is "long": wanted a number over 0$/],
  ["bench nonsense", /^Not understood: nonsense; there are /],
  ["chaos --nodes=few", /^--nodes is "few": wanted a number over 0$/],
  ["demo --people=0", /^--people is "0"; wanted a whole number, 1 to /],
  ["dev fast", /^Not understood: fast$/],
  ["jobs retry", /^retry wants the id of a job, not none$/],
  ["jobs --limit", /^Option '--limit <value>' argument missing$/],
  ["mutate nonsense", /^No mutation has "nonsense" in its name; --list tells what there is$/],
  ["ok fast", /^Not understood: fast$/],
  ["testbed --nodes=0", /^--nodes is "0": wanted a number from 1 /],
];

Deno.test("[O4] what is missing or wrong is said in words that quote it, with the usage", async () => {
  await each(WRONG, async ([words, told]) => {
    const [name = "", ...rest] = words.split(" ");
    const { code, lines, text } = await typed(name, ...rest);
    equal(code, 2, `${words}: ${text}`);
    match(lines[0] ?? "", told, words);
    match(text, new RegExp(`deno task ${name}\\b`), words);
    deepEqual(noise(lines), [], words);
  });
});
