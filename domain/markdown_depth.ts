/** How deep Markdown may go that people write: a parser would go as deep as it can, and overflow. */

/** So many quotes and lists may be within each other. */
export const NESTED_MOST = 8;
/** So many stars and underscores may be in one paragraph: each may open an emphasis in the last. */
export const MARKS_MOST = 1_000;

/** More quotes and lists than that, begun on one line. */
const NESTED = new RegExp(
  String.raw`^(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t]))){${NESTED_MOST + 1}}`,
  "m",
);

/** Whether quotes and lists are too deep within each other. */
export const isNested = (markdown: string): boolean => NESTED.test(markdown);

/** Whether a parser of Markdown would go too deep, or take too long, in this text. */
export const isTooDeep = (markdown: string): boolean =>
  isNested(markdown) ||
  markdown.split(/\n[ \t]*\n/).some((part) => part.replace(/[^*_]+/g, "").length > MARKS_MOST);
