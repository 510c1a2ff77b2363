/** The scanner against a real ClamAV daemon, and against one that misbehaves. */
import assert from "node:assert/strict";
import { type ErrorCode, ERRORS, Rejection } from "../domain/errors.ts";
import { EICAR, startClamd } from "../tests/support/clamd.ts";
import { temporary } from "../tests/support/processes.ts";
import { clamd } from "./scan.ts";

const STRICT = { sanitizeOps: true, sanitizeResources: true };
const MIB = 1024 ** 2;

async function refused(work: Promise<unknown>, code: ErrorCode): Promise<Rejection> {
  const error = await work.then((value) => value, (reason: unknown) => reason);
  assert.ok(error instanceof Rejection, `wanted ${code}, but got ${Deno.inspect(error)}`);
  assert.equal(error.code, code, error.message);
  return error;
}

/** A stream that tells how much of it was taken, and whether it was cancelled. */
function source(bytes: number, chunk = 100_000, tail = new Uint8Array()) {
  const told = { taken: 0, cancelled: false };
  const stream = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (told.taken >= bytes) {
        if (tail.length > 0) controller.enqueue(tail);
        return controller.close();
      }
      told.taken += chunk;
      controller.enqueue(new Uint8Array(chunk));
    },
    cancel: () => void (told.cancelled = true),
  }, { highWaterMark: 0 });
  return { stream, told };
}
const of = (bytes: Uint8Array<ArrayBuffer>) => new Blob([bytes]).stream();

/** A daemon that does with each connection what `behave` does. */
function fakeDaemon(behave: (conn: Deno.Conn) => Promise<void>) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const running = (async () => {
    for await (const conn of listener) {
      await behave(conn).finally(() => conn.close());
    }
  })();
  return {
    url: `tcp://127.0.0.1:${listener.addr.port}`,
    async [Symbol.asyncDispose]() {
      listener.close();
      await running;
    },
  };
}
const say = async (conn: Deno.Conn, text: string) =>
  void await conn.write(new TextEncoder().encode(text));

Deno.test(
  "[U5] ClamAV finds what is harmful, in streams and files, over both sockets",
  STRICT,
  async () => {
    await using daemon = await startClamd();
    await using folder = await temporary();
    const found = { clean: false, signature: "Eicar-Local.UNOFFICIAL" };
    for (const url of [daemon.url, daemon.tcp]) {
      const { scan, ping } = clamd({ url });
      await ping();
      assert.deepEqual(await scan(of(EICAR)), found);
      assert.deepEqual(await scan(source(300_000).stream), { clean: true });
      assert.deepEqual(await scan(of(new Uint8Array())), { clean: true });
      // hidden behind more than one chunk
      assert.deepEqual(await scan(source(300_000, 1_000, EICAR).stream), found);
      await Deno.writeFile(`${folder.path}/a`, EICAR);
      assert.deepEqual(await scan(`${folder.path}/a`), found);
    }
  },
);

Deno.test("[U5] many files are scanned side by side", STRICT, async () => {
  await using daemon = await startClamd();
  const { scan } = clamd({ url: daemon.url });
  const verdicts = await Promise.all(
    Array.from(
      { length: 12 },
      (_, at) => scan(source(200_000, 9_999, at % 2 ? EICAR : undefined).stream),
    ),
  );
  assert.deepEqual(verdicts.map(({ clean }) => clean), verdicts.map((_, at) => at % 2 === 0));
});

Deno.test(
  "[U5] over the daemon's limit is too_large, and the rest is not read",
  STRICT,
  async () => {
    await using daemon = await startClamd(MIB);
    for (const url of [daemon.url, daemon.tcp]) {
      const { stream, told } = source(64 * MIB);
      const error = await refused(clamd({ url }).scan(stream), "too_large");
      assert.match(error.message, /virus scanner takes no file this large/);
      assert.ok(told.cancelled && told.taken < 16 * MIB, `${told.taken} bytes were taken`);
    }
    await clamd({ url: daemon.url }).ping();
  },
);

Deno.test(
  "[U5] a daemon that breaks off without a word, yet lives, had enough",
  STRICT,
  async () => {
    let pings = 0;
    await using daemon = fakeDaemon(async (conn) => {
      const asked = new Uint8Array(6);
      await conn.read(asked);
      if (new TextDecoder().decode(asked) !== "zPING\0") return;
      pings += 1;
      await say(conn, "PONG\0");
    });
    await refused(clamd({ url: daemon.url }).scan(source(64 * MIB).stream), "too_large");
    assert.equal(pings, 1);
  },
);

Deno.test(
  "[U5] a daemon that is away is unavailable, which is tried again later",
  STRICT,
  async () => {
    await using daemon = await startClamd();
    await using folder = await temporary();
    const { scan, ping } = clamd({ url: daemon.url });
    await ping();
    await daemon.kill();
    for (const url of [daemon.url, daemon.tcp, `unix:${folder.path}/none`]) {
      const gone = clamd({ url });
      await refused(gone.ping(), "unavailable");
      const { stream, told } = source(MIB);
      await refused(gone.scan(stream), "unavailable");
      assert.ok(told.cancelled, "its stream was left open");
    }
    await refused(scan(of(EICAR)), "unavailable");
    assert.equal(ERRORS.unavailable.retry, "later");
  },
);

Deno.test("[U5] a daemon that dies in a scan is unavailable, never clean", STRICT, async () => {
  await using daemon = await startClamd(64 * MIB);
  const { scan } = clamd({ url: daemon.url });
  let taken = 0;
  const dying = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (taken++ === 3) await daemon.kill();
      controller.enqueue(new Uint8Array(100_000));
    },
  });
  await refused(scan(dying), "unavailable");
});

Deno.test("[U5] a daemon in trouble, silent or stuck lets nothing through", STRICT, async () => {
  const drain = async (conn: Deno.Conn) => {
    const buffer = new Uint8Array(100_000);
    while (true) {
      const count = await conn.read(buffer);
      // the chunk of length zero ends it
      if (count === null || buffer.subarray(0, count).subarray(-4).every((byte) => byte === 0)) {
        return;
      }
    }
  };
  const small = () => of(new Uint8Array(9).fill(1));
  for (const said of ["stream: Can't allocate memory ERROR\0", "OK\0", "stream: NOT OK\0", ""]) {
    await using daemon = fakeDaemon(async (conn) => {
      await drain(conn);
      await say(conn, said);
    });
    await refused(clamd({ url: daemon.url }).scan(small()), "unavailable");
  }
  const silence = Promise.withResolvers<void>();
  {
    await using daemon = fakeDaemon(() => silence.promise);
    const { scan, ping } = clamd({ url: daemon.url, stallMs: 40, verdictMs: 40 });
    await refused(scan(small()), "unavailable");
    await refused(scan(source(64 * MIB).stream), "unavailable"); // its buffers fill
    await refused(ping(), "unavailable");
    silence.resolve();
  }
});

Deno.test(
  "[U5] a scan ends with its signal, and what the stream throws is told",
  STRICT,
  async () => {
    await using daemon = await startClamd();
    const { scan } = clamd({ url: daemon.url });
    const stop = new AbortController();
    const hanging = new ReadableStream<Uint8Array>({ pull: () => new Promise(() => undefined) });
    const scanning = scan(hanging, stop.signal);
    const reason = new Error("the job was stopped");
    setTimeout(() => stop.abort(reason), 30);
    assert.equal(await scanning.catch((error) => error), reason);
    assert.equal(await scan(source(9).stream, stop.signal).catch((error) => error), reason);
    const broken = new Error("the disk broke");
    const failing = new ReadableStream<Uint8Array>({ pull: () => Promise.reject(broken) });
    assert.equal(await scan(failing).catch((error) => error), broken);
    await assert.rejects(scan("/no/such/file"), Deno.errors.NotFound);
    assert.throws(() => clamd({ url: "http://x:1" }), /wanted unix:\/path or tcp/);
  },
);
