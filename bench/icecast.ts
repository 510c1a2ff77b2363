/** Icecast on a free port, with one mount: who else passes live audio on. */
import { freePort } from "./nginx.ts";

export interface RunningIcecast extends AsyncDisposable {
  readonly port: number;
}

export const PASSWORD = "bench";
const PATIENCE_MS = 10_000;

/** As it is set up for many listeners; what is not named is its own default. */
const configOf = (port: number, folder: string) =>
  `<icecast>
  <limits>
    <clients>30000</clients>
    <sources>2</sources>
    <burst-on-connect>0</burst-on-connect>
    <burst-size>0</burst-size>
  </limits>
  <authentication><source-password>${PASSWORD}</source-password></authentication>
  <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <paths>
    <basedir>/usr/share/icecast2</basedir>
    <logdir>${folder}</logdir>
    <webroot>/usr/share/icecast2/web</webroot>
    <adminroot>/usr/share/icecast2/admin</adminroot>
  </paths>
  <logging><errorlog>error.log</errorlog><accesslog>access.log</accesslog><loglevel>2</loglevel></logging>
  <security>
    <chroot>0</chroot>
    <changeowner><user>nobody</user><group>nogroup</group></changeowner>
  </security>
</icecast>`;

/** Starts it with its files in `folder`, which it may write. */
export async function startIcecast(folder: string): Promise<RunningIcecast> {
  const port = freePort();
  await Deno.mkdir(folder, { recursive: true });
  await Deno.chmod(folder, 0o777); // it is nobody
  await Deno.writeTextFile(`${folder}/icecast.xml`, configOf(port, folder));
  const child = new Deno.Command("icecast2", {
    args: ["-c", `${folder}/icecast.xml`],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  const until = performance.now() + PATIENCE_MS;
  while (true) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      break;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      if (performance.now() > until) throw new Error("icecast2 does not listen");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}
