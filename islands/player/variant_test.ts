/** Which variant a player gets that cannot change codec. */
import { equal } from "node:assert/strict";
import { pickVariant } from "./variant.ts";

const AT = "https://veza.example/t/master.m3u8";
const master = (...rows: [number, string, string][]) =>
  "#EXTM3U\n" +
  rows.map(([bandwidth, codecs, uri]) =>
    `#EXT-X-STREAM-INF:AVERAGE-BANDWIDTH=1,BANDWIDTH=${bandwidth},CODECS="${codecs}"\n${uri}\n`
  ).join("");

Deno.test("[W2] a player of one codec gets the best AAC that is not more than enough", () => {
  const text = master(
    [129_000, "mp4a.40.2", "a/128.m3u8"],
    [330_000, "mp4a.40.2", "a/320.m3u8"],
    [196_000, "mp4a.40.2", "a/192.m3u8"],
    [70_000, "opus", "o.m3u8"],
    [800_000, "fLaC", "f.m3u8"],
  );
  equal(pickVariant(text, AT), "https://veza.example/t/a/192.m3u8");
});

Deno.test("[W2] without AAC it gets the first, without variants the address itself", () => {
  equal(pickVariant(master([70_000, "opus", "o.m3u8"]), AT), "https://veza.example/t/o.m3u8");
  equal(pickVariant("#EXTM3U\n#EXTINF:4,\na.m4s\n", AT), AT);
});
