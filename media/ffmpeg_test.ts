/** Tests of the confinement: what a process may see, how long it may live, what it leaves (U11). */
import assert from "node:assert/strict";
import { run, type Tool } from "./ffmpeg.ts";
import { readFailure } from "./ffmpeg_errors.ts";
import { findFfmpeg } from "./find_ffmpeg.ts";
import { confine, LIMITS } from "./jail.ts";
import { makeAudio, processesWith, refused, scratchFolder, STRICT, theTool } from "./testing.ts";
import { until } from "./testing.ts";

const LONG = ["-f", "lavfi", "-i", "anoisesrc=d=86400", "-f", "null", "-"];
/** The tool with the jail and without it: both ways must hold. */
const both = async (): Promise<[string, Tool][]> => [
  ["jailed", await theTool()],
  ["bare", await findFfmpeg({ jail: false })],
];

/** A tool whose ffmpeg is a shell script. */
async function stub(tool: Tool, path: string, script: string): Promise<Tool> {
  await Deno.writeTextFile(path, `#!/bin/sh\n${script}\n`);
  await Deno.chmod(path, 0o755);
  return { ...tool, ffmpeg: path };
}

Deno.test("[U12] ffmpeg is found, with its version, its lacks and its jail", STRICT, async () => {
  const tool = await theTool();
  assert.ok(tool.version.length > 2);
  assert.deepEqual(await tool.missingCodecs(), []);
  assert.equal(tool.jail === "none", tool.jailReason !== null);
  await assert.rejects(findFfmpeg({ configured: "/no/such/ffmpeg" }), /FFMPEG is "\/no\/such/);
});

Deno.test("[U11] with bubblewrap on this machine, the jail is on", STRICT, async () => {
  const trial = new Deno.Command("bwrap", {
    args: ["--ro-bind", "/", "/", "--unshare-all", "true"],
  });
  const works = await trial.output().then((one) => one.success, () => false);
  assert.equal((await theTool()).jail, works ? "bubblewrap" : "none");
});

Deno.test("[U11] the command is bounded before it is confined", () => {
  const words = confine(
    { nice: true, prlimit: true, setpriv: true, bubblewrap: true },
    {
      binary: "ffmpeg",
      args: ["-x"],
      input: "/d/in",
      cover: "/d/cover",
      outDir: "/d/out",
      limits: LIMITS,
      path: "/p",
    },
  ).join(" ");
  assert.match(words, /^nice -n 10 prlimit --cpu=3600:3605 --as=2147483648 --fsize=67108864 /);
  assert.match(words, /bwrap --unshare-all --die-with-parent --new-session --cap-drop ALL/);
  assert.match(
    words,
    /--ro-bind \/d\/in \/in\/source --ro-bind \/d\/cover \/in\/cover --bind \/d\/out \/out --chdir \/out -- ffmpeg/,
  );
});

Deno.test(
  "[U11] inside there is no network, no other file, none of our variables",
  STRICT,
  async () => {
    const tool = await theTool();
    if (tool.jail === "none") return;
    await using scratch = await scratchFolder();
    await Deno.mkdir(scratch.path("out"));
    await Deno.writeTextFile(scratch.path("canary"), "canary");
    await Deno.writeTextFile(scratch.path("in"), "the input");
    const look = await stub(
      tool,
      scratch.path("look"),
      `cat ${
        scratch.path("canary")
      } /etc/passwd /etc/shadow; cat /in/source; echo; ls / /in; env; ` +
        "cat /proc/net/dev; ls /proc; echo x > /in/source; echo x > /usr/x; echo y > written; id -u",
    );
    let seen = "";
    await run(look, {
      input: scratch.path("in"),
      args: [],
      outDir: scratch.path("out"),
      onOutput: (chunk) => void (seen += new TextDecoder().decode(chunk)),
    }).catch(() => undefined);
    assert.match(seen, /the input/);
    assert.doesNotMatch(seen, /canary|root:/);
    assert.doesNotMatch(seen, /eth\d|ens\d|DATABASE|HOME=|DENO/);
    assert.doesNotMatch(seen, new RegExp(`^${Deno.pid}$`, "m"));
    assert.equal(await Deno.readTextFile(scratch.path("in")), "the input");
    assert.equal(await Deno.readTextFile(scratch.path("out/written")), "y\n");
    await assert.rejects(Deno.stat("/usr/x"), Deno.errors.NotFound);
  },
);

Deno.test("[U11] without a jail, our variables stay out as well", STRICT, async () => {
  await using scratch = await scratchFolder();
  const tool = await stub(await findFfmpeg({ jail: false }), scratch.path("look"), "env");
  let seen = "";
  const onOutput = (chunk: Uint8Array) => void (seen += new TextDecoder().decode(chunk));
  await run(tool, { args: [], onOutput });
  assert.match(seen, /PATH=/);
  assert.doesNotMatch(seen, /HOME=|DENO/);
});

Deno.test("[U11] what hangs ends after the no-progress limit", STRICT, async () => {
  await using scratch = await scratchFolder();
  for (const [name, tool] of await both()) {
    const mark = `300.${Date.now() % 1_000_000}`;
    const hangs = await stub(tool, scratch.path(`hangs-${name}`), `exec sleep ${mark}`);
    const began = performance.now();
    const work = run(hangs, { args: [], limits: { stallSeconds: 0.4 } });
    assert.match(await refused(work, "processing_failed"), /no further for 0.4 s/);
    assert.ok(performance.now() - began < 4_000, name);
    assert.deepEqual(processesWith(mark), [], name);
  }
});

Deno.test("[U11] wall clock, processor time and file size have limits", STRICT, async () => {
  await using scratch = await scratchFolder();
  await Deno.mkdir(scratch.path("out"));
  for (const [name, tool] of await both()) {
    const wall = run(tool, { args: LONG, limits: { wallSeconds: 0.5 } });
    assert.match(await refused(wall, "processing_failed"), /longer than 0.5 s/);
    if (!tool.wrappers.prlimit) continue;
    const cpu = run(tool, { args: LONG, limits: { cpuSeconds: 1 } });
    assert.match(await refused(cpu, "processing_failed"), /more than 1 s of work/);
    const args = ["-y", "-f", "lavfi", "-i", "anoisesrc=d=60", `${name}.wav`];
    const outDir = scratch.path("out");
    await refused(run(tool, { args, outDir, limits: { fileBytes: 100_000 } }), "too_large");
    assert.ok((await Deno.stat(`${outDir}/${name}.wav`)).size <= 100_000, name);
  }
});

Deno.test("[U11] memory has a limit, and so has all that lies in the folder", STRICT, async () => {
  await using scratch = await scratchFolder();
  await Deno.mkdir(scratch.path("out"));
  for (const [name, tool] of await both()) {
    // The whole block is asked for at once, so that nothing is really eaten.
    const eats = await stub(
      tool,
      scratch.path(`eats-${name}`),
      "exec dd if=/dev/zero bs=3G count=1",
    );
    if (tool.wrappers.prlimit) {
      assert.match(await refused(run(eats, { args: [] }), "processing_failed"), /memory/);
    }
    const litters = await stub(
      tool,
      scratch.path(`litters-${name}`),
      "n=0; while :; do n=$((n+1)); head -c 100000 /dev/zero >$n; echo out_time=00:00:00.$n; " +
        "sleep 0.01; done",
    );
    const outDir = scratch.path("out");
    const limits = { folderBytes: 500_000, stallSeconds: 0.5 };
    await refused(run(litters, { args: [], outDir, limits, onOutput: () => {} }), "too_large");
  }
});

Deno.test("[U11] a crash is processing_failed; bad data is the file's fault", STRICT, async () => {
  await using scratch = await scratchFolder();
  for (const [name, tool] of await both()) {
    const crash = await stub(tool, scratch.path(`crash-${name}`), "kill -SEGV $$");
    assert.match(
      await refused(run(crash, { args: [] }), "processing_failed"),
      /signal|SIG/,
    );
    const odd = await stub(tool, scratch.path(`odd-${name}`), "echo what >&2; exit 3");
    await refused(run(odd, { args: [] }), "processing_failed");
    await Deno.writeTextFile(scratch.path("junk"), "RIFFjunk");
    const decode = ["-f", "null", "-"];
    await refused(run(tool, { input: scratch.path("junk"), args: decode }), "corrupt");
  }
  const code = (line: string) => readFailure([line]).code;
  assert.equal(code("[error] av_interleaved_write_frame(): No space left on device"), "disk_full");
  assert.equal(code("[error] Stream map '0:a:0' matches no streams."), "not_audio");
  assert.equal(code("[error] Format not on whitelist 'wav'"), "not_audio");
});

Deno.test(
  "[U11] the signal ends a process at any moment, and waits for its end",
  STRICT,
  async () => {
    await using scratch = await scratchFolder();
    for (const [name, tool] of await both()) {
      // From before it is there to long after its first words; early ones met a race in bubblewrap.
      for (const ms of [0, 1, 3, 6, 10, 20, 60, 200]) {
        const mark = `mark${crypto.randomUUID()}`;
        const stop = new AbortController();
        setTimeout(() => stop.abort(new Error("enough")), ms);
        const args = ["-f", "lavfi", "-i", "anoisesrc=d=86400", "-metadata", `title=${mark}`];
        const work = run(tool, { args: [...args, "-f", "null", "-"], signal: stop.signal });
        await assert.rejects(work, /enough/);
        assert.deepEqual(processesWith(mark), [], `${name} after ${ms} ms`);
      }
    }
    assert.deepEqual([...Deno.readDirSync(scratch.dir)], []);
  },
);

Deno.test("[U11] kill -9 of the node leaves no ffmpeg", STRICT, async () => {
  await using scratch = await scratchFolder();
  for (const [name, tool] of await both()) {
    if (tool.jail === "none" && !tool.wrappers.setpriv) continue;
    const mark = `mark${crypto.randomUUID()}`;
    const script = scratch.path(`${name}.ts`);
    const args = ["-f", "lavfi", "-i", "anoisesrc=d=86400", "-metadata", `title=${mark}`];
    await Deno.writeTextFile(
      script,
      `import { run } from ${JSON.stringify(import.meta.resolve("./ffmpeg.ts"))};
       await run(${JSON.stringify(tool)}, { args: ${JSON.stringify([...args, "-f", "null", "-"])},
         onProgress: () => console.log("runs") });`,
    );
    const node = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-lock", "--no-config", script],
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const reader = node.stdout.getReader();
    assert.equal((await reader.read()).done, false, "the script ended early");
    await reader.cancel();
    assert.ok(processesWith(mark).length > 0);
    node.kill("SIGKILL");
    await node.status;
    await until(() => processesWith(mark).length === 0, `${name}: ffmpeg still runs`);
  }
});

Deno.test("[U11] without a jail all works too, and the reason is told", STRICT, async () => {
  const tool = await theTool();
  await using scratch = await scratchFolder();
  const path = await makeAudio(scratch, "a.wav", "sine=d=1");
  const bare = await findFfmpeg({ jail: false });
  assert.match(bare.jailReason ?? "", /not asked/);
  for (const one of [tool, bare]) {
    const { errors } = await run(one, { input: path, args: ["-f", "null", "-"] });
    assert.equal(errors, 0);
  }
});

Deno.test("[U11] a second input is a JPEG or nothing, jailed or not", STRICT, async () => {
  await using scratch = await scratchFolder();
  const sound = await makeAudio(scratch, "a.wav", "sine=d=1");
  const tool = await theTool();
  const drawing = ["-y", "-f", "lavfi", "-i", "testsrc2=s=64x64:r=1:d=1", "-frames:v", "1"];
  await run(tool, { args: [...drawing, "-f", "mjpeg", "good"], outDir: scratch.dir });
  await run(tool, {
    args: [...drawing, "-c:v", "png", "-f", "image2", "png"],
    outDir: scratch.dir,
  });
  await Deno.writeTextFile(scratch.path("list"), `ffconcat version 1.0\nfile ${sound}\n`);
  for (const [name, each] of await both()) {
    const outDir = scratch.path(name);
    await Deno.mkdir(outDir);
    const join = (cover: string) =>
      run(each, {
        input: sound,
        cover: scratch.path(cover),
        args: ["-y", "-map", "0:a:0", "-map", "1:v:0", "-c:v", "copy", "-f", "mp3", "made"],
        outDir,
      });
    await join("good");
    assert.ok((await Deno.stat(`${outDir}/made`)).size > 0);
    for (const bad of ["png", "list", "a.wav"]) await assert.rejects(join(bad), Error, bad);
  }
});
