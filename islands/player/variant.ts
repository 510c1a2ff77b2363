/**
 * Chooses one variant of a master playlist, for players that cannot change codec on the way:
 * Chromium's own one stops at the first change. hls.js reads the whole master instead.
 */

/** The bandwidth that is enough, in bits/s: above it AAC gains nothing that one hears. */
const ENOUGH = 220_000;

interface Variant {
  readonly uri: string;
  readonly bandwidth: number;
  readonly codecs: string;
}

/** The variants of a master, as its EXT-X-STREAM-INF lines tell (RFC 8216 §4.3.4.2). */
function variants(master: string): Variant[] {
  const found: Variant[] = [];
  const lines = master.split(/\r?\n/);
  for (const [index, line] of lines.entries()) {
    if (!line.startsWith("#EXT-X-STREAM-INF:")) continue;
    const uri = lines.slice(index + 1).find((next) => next !== "" && !next.startsWith("#"));
    if (!uri) continue;
    found.push({
      uri,
      bandwidth: Number(/[:,]BANDWIDTH=(\d+)/.exec(line)?.[1] ?? 0),
      codecs: /CODECS="([^"]*)"/.exec(line)?.[1] ?? "",
    });
  }
  return found;
}

/** The address to play: the best AAC that is not more than enough, else the first; else `url`. */
export function pickVariant(master: string, url: string): string {
  const all = variants(master);
  const aac = all.filter(({ codecs }) => codecs.startsWith("mp4a"))
    .sort((a, b) => a.bandwidth - b.bandwidth);
  const chosen = aac.findLast(({ bandwidth }) => bandwidth <= ENOUGH) ?? aac[0] ?? all[0];
  return chosen ? new URL(chosen.uri, url).href : url;
}
