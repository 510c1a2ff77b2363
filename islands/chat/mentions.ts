/** Completing `@name` while one writes; pure. */

/** A person who may be named. */
export interface Nameable {
  readonly id: string;
  readonly username: string;
  readonly displayName: string;
}

/** The unfinished `@name` before the cursor: its letters, and where its sign stands. */
export function mentionAt(text: string, cursor: number): { query: string; at: number } | null {
  const found = /(?:^|[^\p{L}\p{N}_@/])@([\p{L}\p{N}_-]{0,30})$/u.exec(text.slice(0, cursor));
  if (!found) return null;
  const query = found[1] ?? "";
  return { query: query.toLowerCase(), at: cursor - query.length - 1 };
}

/** Those whom these letters begin to name, best first. */
export function matching(people: readonly Nameable[], query: string, most: number): Nameable[] {
  const rank = ({ username, displayName }: Nameable): number => {
    const [name, shown] = [username.toLowerCase(), displayName.toLowerCase()];
    if (name.startsWith(query)) return 0;
    if (shown.split(/\s+/).some((word) => word.startsWith(query))) return 1;
    return name.includes(query) || shown.includes(query) ? 2 : 3;
  };
  return people.map((one) => ({ one, rank: rank(one) })).filter(({ rank }) => rank < 3)
    .toSorted((a, b) => a.rank - b.rank || a.one.username.localeCompare(b.one.username))
    .slice(0, most).map(({ one }) => one);
}

/** The text with the name put in, and the cursor behind it. */
export function completed(
  text: string,
  cursor: number,
  at: number,
  username: string,
): { text: string; cursor: number } {
  const head = `${text.slice(0, at)}@${username} `;
  return { text: head + text.slice(cursor).replace(/^ /, ""), cursor: head.length };
}
