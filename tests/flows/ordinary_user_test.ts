/** Veza started by somebody who is not root, in a folder that others cannot enter (O2). */
import assert from "node:assert/strict";
import { ask, register } from "../support/client.ts";
import { ROOT, waitReady } from "../support/node.ts";
import { alive, childrenOf, temporary } from "../support/processes.ts";
import { noise, run } from "../support/run.ts";

async function command(name: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(name, { args, cwd: ROOT }).output();
  if (!success) throw new Error(`${name}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** Copies `from` to `to`; by links where both are on one disk. */
const copy = (from: string, to: string) =>
  command("cp", "--archive", "--link", from, to)
    .catch(() => command("cp", "--archive", "--no-clobber", from, to));

/**
 * The program, its packages and deno in `folder`, as a user has them who cloned it and started it
 * before. Files are shared with ours by links, so only folders change their owner.
 */
async function clone(folder: string, uid: number): Promise<{ root: string; deno: string }> {
  const [root, cache, deno] = [`${folder}/veza`, `${folder}/cache`, `${folder}/deno`];
  await Deno.mkdir(root);
  await Deno.mkdir(cache);
  const tracked =
    (await command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"))
      .split("\0").filter(Boolean);
  const tops = new Set(tracked.map((name) => name.split("/")[0] ?? ""));
  for (const top of tops) {
    // copied, not linked: the source belongs to the user
    await command("cp", "--recursive", top, `${root}/${top}`).catch((error) => {
      if (!String(error).includes("No such file")) throw error; // removed, not yet committed
    });
  }
  const { npmCache } = JSON.parse(await command(Deno.execPath(), "info", "--json"));
  await copy(npmCache, `${cache}/npm`);
  await copy(await Deno.realPath(Deno.execPath()), deno);
  // some packages have files that only their owner may read. The user gets copies of these: a
  // changed mode would change ours, which the links share
  const unreadable = ["-type", "f", "!", "-perm", "-o=r", "-print0"];
  const hidden = await command("find", `${cache}/npm`, ...unreadable);
  for (const path of hidden.split("\0").filter(Boolean)) {
    const bytes = await Deno.readFile(path);
    await Deno.remove(path);
    await Deno.writeFile(path, bytes, { mode: 0o644 });
  }
  await command("chown", "-R", `${uid}:${uid}`, root);
  await command("find", folder, "-type", "d", "-exec", "chown", `${uid}:${uid}`, "{}", "+");
  await Deno.chmod(folder, 0o700);
  return { root, deno };
}

// nobody has a name on every Linux; the other id, as containers give them, has none
for (const uid of [65534, 54321]) {
  Deno.test({
    name: `[O2] uid ${uid} starts it in a folder of its own, under a parent of mode 0700`,
    ignore: Deno.build.os !== "linux" || Deno.uid() !== 0, // the other tests run as this user then
    async fn() {
      await using folder = await temporary();
      const { root, deno } = await clone(folder.path, uid);
      const started = run(["task", "start"], {
        deno,
        cwd: root,
        prefix: ["setpriv", `--reuid=${uid}`, `--regid=${uid}`, "--clear-groups"],
        env: { HOME: folder.path, DENO_DIR: `${folder.path}/cache` },
      });
      const url = await started.url;
      await waitReady(url, 5_000);
      const { user } = await register(url);
      assert.equal((await ask(url, `/api/v1/users/${user.id}`)).status, 200);
      const family = await childrenOf(started.child.pid);
      const server = family.find(({ command }) => command.includes("bin/postgres"));
      assert.ok(server, "no postgres was found");
      const data = await Deno.stat(`${root}/data/postgres`);
      assert.equal(data.uid, uid);
      assert.equal((data.mode ?? 0) & 0o777, 0o700);
      Deno.kill(started.child.pid, "SIGTERM");
      assert.equal(await started.ended, 0);
      assert.deepEqual(noise(started.lines), []);
      for (const { pid, command } of family) assert.equal(await alive(pid), false, command);
    },
  });
}
