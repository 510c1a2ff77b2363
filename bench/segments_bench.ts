/** U14: serving segments of a public track, beside nginx. */
import { ask } from "../tests/support/client.ts";
import { type Contestant, defineBench } from "./bench.ts";
import { bareServer } from "./bare_server.ts";
import { runLoad } from "./load.ts";
import type { UploadOrder, UploadTimes } from "./loads/upload.ts";
import { startNginx } from "./nginx.ts";
import { newToken, nodeOf } from "./node.ts";
import { makeSound } from "./sound.ts";
import { wrk } from "./wrk.ts";

/** The rendition whose segment is the small one, about 100 KB, and the large one, about 700 KB. */
const RENDITIONS = { small: "aac-128", large: "flac" } as const;
type Size = keyof typeof RENDITIONS;
const CONNECTIONS = 32;

/** The address of the first segment of `rendition`. */
async function segmentOf(url: string, trackId: string, rendition: string): Promise<URL> {
  const playlist = async (at: URL) => {
    const { status, body } = await ask<string>(url, at.pathname);
    if (status !== 200) throw new Error(`GET ${at} says ${status}`);
    return body.split("\n").filter((line) => line && !line.startsWith("#"));
  };
  const master = new URL(`/api/v1/tracks/${trackId}/stream/master.m3u8`, url);
  const found = (await playlist(master)).find((line) => line.includes(`/${rendition}/`));
  if (!found) throw new Error(`${master} has no ${rendition}`);
  const media = new URL(found, master);
  return new URL((await playlist(media))[0]!, media);
}

export const bench = defineBench({
  rule: "U14",
  title: "Serving segments",
  what: "The first segment of a public track, asked for by wrk (one thread) over 32 kept " +
    "connections on the same machine: _small_ of AAC at 128 kbit/s, _large_ of FLAC. Ours looks " +
    "up the track, its visibility and the file each time; nginx has a worker a core, `sendfile` " +
    "and a cache of open files; the machine's line is Deno's own server with the bytes in memory.",
  tools: ["nginx", "wrk"],
  rounds: 5,
  warmUps: 1,
  measures: {
    small: { title: "small, requests", unit: "/s", better: "more", targets: [] },
    smallP99: { title: "small, p99", unit: "ms", better: "less", targets: [] },
    large: { title: "large, requests", unit: "/s", better: "more", targets: [] },
    largeP99: { title: "large, p99", unit: "ms", better: "less", targets: [] },
  },
  open: async (stage) => {
    const wav = `${stage.folder}/sound.wav`;
    await makeSound(wav, 8);
    const node = await nodeOf(stage);
    const { trackId } = await runLoad<UploadTimes>(
      "upload",
      {
        url: node.url,
        token: await newToken(node),
        from: wav,
        by: "multipart",
        until: "ready",
      } satisfies UploadOrder,
    );
    const www = `${stage.folder}/www`;
    await Deno.mkdir(www);
    const ours: Record<Size, string> = { small: "", large: "" };
    for (const size of Object.keys(RENDITIONS) as Size[]) {
      const address = await segmentOf(node.url, trackId, RENDITIONS[size]);
      ours[size] = address.href;
      const bytes = await (await fetch(address)).bytes();
      await Deno.writeFile(`${www}/${size}.m4s`, bytes);
    }
    const nginx = stage.owned.use(await startNginx(www, stage.folder));
    const bare = {
      small: stage.owned.use(await bareServer(`${www}/small.m4s`)).url,
      large: stage.owned.use(await bareServer(`${www}/large.m4s`)).url,
    };

    const load = { seconds: stage.short ? 1 : 4, connections: CONNECTIONS };
    const contestant = (
      name: string,
      role: Contestant["role"],
      urls: Record<Size, string>,
    ) => ({
      name,
      role,
      round: async () => {
        const small = await wrk(urls.small, load);
        const large = await wrk(urls.large, load);
        return {
          small: small.requestsPerSecond,
          smallP99: small.p99Ms,
          large: large.requestsPerSecond,
          largeP99: large.p99Ms,
        };
      },
    });
    return [
      contestant("Veza", "ours", ours),
      contestant("nginx", "peer", {
        small: `${nginx.url}/small.m4s`,
        large: `${nginx.url}/large.m4s`,
      }),
      contestant("bare Deno.serve, from memory", "bound", bare),
    ];
  },
});
