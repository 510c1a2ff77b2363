/** A private ClamAV daemon for tests, which knows one signature: that of the EICAR test file. */
import { freePort } from "./listening.ts";
import { temporary, until } from "./processes.ts";

export interface TestClamd extends AsyncDisposable {
  /** As CLAMAV_URL has it: `unix:/path`. */
  readonly url: string;
  /** The same daemon by `tcp://`. */
  readonly tcp: string;
  readonly pid: number;
  /** Ends it, as a crash would. */
  kill(): Promise<void>;
}

/** The harmless file that every scanner calls harmful; in two, so that none calls this source so. */
export const EICAR = new TextEncoder().encode(
  "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*",
);
/** How many of its first bytes are the signature. */
const SIGNATURE = 44;

/** A daemon's program; Debian has them where only root's PATH leads. */
async function daemon(name: string): Promise<string> {
  for (const path of [`/usr/sbin/${name}`, `/usr/local/sbin/${name}`]) {
    if (await Deno.stat(path).then(() => true, () => false)) return path;
  }
  return name;
}

/** Starts it in a temporary folder; it takes files of up to `mostBytes`. */
export async function startClamd(mostBytes = 1024 ** 2): Promise<TestClamd> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await temporary());
  await Deno.mkdir(`${path}/db`);
  // in files of any type, at any place
  const signature = EICAR.subarray(0, SIGNATURE).toHex();
  await Deno.writeTextFile(`${path}/db/local.ndb`, `Eicar-Local:0:*:${signature}\n`);
  const port = freePort();
  const settings = {
    Foreground: "yes",
    LocalSocket: `${path}/clamd.sock`,
    TCPSocket: port,
    TCPAddr: "127.0.0.1",
    DatabaseDirectory: `${path}/db`,
    TemporaryDirectory: path,
    StreamMaxLength: mostBytes,
    SelfCheck: 0,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  await Deno.writeTextFile(`${path}/clamd.conf`, lines.join(""));
  const child = new Deno.Command(await daemon("clamd"), {
    args: ["-c", `${path}/clamd.conf`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let ended = false;
  const status = child.status.finally(() => ended = true);
  const end = async (signal: "SIGTERM" | "SIGKILL") => {
    if (!ended) child.kill(signal);
    await status;
  };
  stack.defer(() => end("SIGTERM"));
  await until("clamd", async () => {
    if (ended) throw new Error(`clamd ended with ${(await status).code} instead of listening`);
    try {
      (await Deno.connect({ transport: "unix", path: `${path}/clamd.sock` })).close();
      return true;
    } catch {
      return false; // not yet
    }
  });
  const owned = stack.move();
  return {
    url: `unix:${path}/clamd.sock`,
    tcp: `tcp://127.0.0.1:${port}`,
    pid: child.pid,
    kill: () => end("SIGKILL"),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
