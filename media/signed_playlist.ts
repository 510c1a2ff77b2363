/** Pure: puts a media token on every address in a playlist, for tracks that are not public (U14). */

/** What `services/media_tokens.ts` makes, and all that may stand in an address unescaped. */
const TOKEN = /^[A-Za-z0-9._~-]+$/;

/**
 * The playlist with `?t=token` on every line that is an address, and on the `URI` of every tag that
 * has one (EXT-X-MAP, EXT-X-MEDIA). All else stays byte for byte.
 */
export function withToken(playlist: string, token: string): string {
  if (!TOKEN.test(token)) throw new TypeError(`The token ${JSON.stringify(token)} is malformed`);
  const signed = (uri: string) => {
    const [path = "", ...fragment] = uri.split("#");
    return [`${path}${path.includes("?") ? "&" : "?"}t=${token}`, ...fragment].join("#");
  };
  return playlist.split("\n").map((line) => {
    const text = line.replace(/\r$/, "");
    const end = line.slice(text.length);
    if (text.startsWith("#EXT-X-")) {
      // An attribute of its own, and not the end of a longer name.
      return text.replace(/([:,]URI=")([^"]+)(")/g, (_, before, uri, after) => {
        return `${before}${signed(uri)}${after}`;
      }) + end;
    }
    return text.trim() === "" || text.startsWith("#") ? line : signed(text) + end;
  }).join("\n");
}
