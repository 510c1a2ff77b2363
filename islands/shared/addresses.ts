/** Addresses of media, which may carry a token and a query of their own; pure. */

/** The name that a token has in an address (U14). */
const TOKEN = "t";

const parse = (url: string) => new URL(url, "http://veza.invalid");
/** As it was given: with its origin where it had one. */
const written = (url: URL) =>
  url.origin === "http://veza.invalid" ? url.pathname + url.search : url.href;

/** The address with one more field in its query, or another value for it. */
export function withField(url: string, name: string, value: string | number): string {
  const at = parse(url);
  at.searchParams.set(name, String(value));
  return written(at);
}

/** What stays the same while tokens come and go. */
export function withoutToken(url: string): string {
  const at = parse(url);
  at.searchParams.delete(TOKEN);
  return written(at);
}

/** `url` with the token that `from` carries; as it is when that has none. */
export function withTokenOf(from: string, url: string): string {
  const token = parse(from).searchParams.get(TOKEN);
  return token === null ? url : withField(url, TOKEN, token);
}
