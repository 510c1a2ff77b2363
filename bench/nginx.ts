/** nginx, set up to serve files as fast as it can: the peer of our segments. */
import { until } from "../tests/support/processes.ts";

/** What serves a folder, until it is disposed of. */
export interface Nginx extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
}

/** A port that was free a moment ago. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const configuration = (root: string, port: number) => `
${Deno.uid() === 0 ? "user root;" : ""}
worker_processes auto;
daemon off;
pid nginx.pid;
error_log stderr crit;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  open_file_cache max=1000 inactive=60s;
  server {
    listen 127.0.0.1:${port};
    root ${root};
    default_type video/iso.segment;
    add_header Cache-Control "public, max-age=31536000, immutable";
  }
}
`;

/** Serves the folder `root`; `scratch` is for nginx's own files. */
export async function startNginx(root: string, scratch: string): Promise<Nginx> {
  const port = freePort();
  const file = `${scratch}/nginx.conf`;
  await Deno.writeTextFile(file, configuration(root, port));
  const child = new Deno.Command("nginx", {
    args: ["-p", scratch, "-e", "stderr", "-c", file],
    env: { PATH: `${Deno.env.get("PATH")}:/usr/sbin:/usr/local/sbin` },
    stdin: "null",
    stdout: "null",
  }).spawn();
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    try {
      child.kill("SIGTERM");
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // it had ended
    }
    await child.status;
  };
  try {
    await until(`nginx at ${url}`, () =>
      fetch(url).then(async (response) => {
        await response.body?.cancel();
        return true;
      }, () => false)); // it does not listen yet
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, [Symbol.asyncDispose]: stop };
}
