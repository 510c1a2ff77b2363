/**
 * What somebody wrote, drawn as elements: bold, italic, struck out, code, links, quotes, lists, and
 * names. Whatever else it holds, HTML above all, is text (C9).
 *
 * Not in JSX: precompiled, it would escape texts in lists twice on the server.
 */
import { lexer, type Token, type Tokens } from "marked";
import { type ComponentChild, h } from "preact";
import { isNested, NESTED_MOST } from "../../domain/markdown_depth.ts";

type Drawn = ComponentChild[];

/** Where a link may lead: other schemes, such as javascript:, are shown as they were typed. */
const SCHEMES = new Set(["http:", "https:", "mailto:"]);
/** As `mentionsIn` of the domain reads them. */
const NAMES = /(?<![\p{L}\p{N}_@/])@([A-Za-z][A-Za-z0-9_-]{2,29})/gu;

const isSafe = (href: string) => SCHEMES.has(URL.parse(href)?.protocol ?? "");

/** Text with its names as links. */
function named(text: string): Drawn {
  const parts: Drawn = [];
  let from = 0;
  for (const { 0: whole, 1: name, index } of text.matchAll(NAMES)) {
    parts.push(text.slice(from, index), h("a", { class: "mention", href: `/@${name}` }, whole));
    from = index + whole.length;
  }
  return [...parts, text.slice(from)];
}

/** Deeper than this nothing is drawn as more than text. */
const DEEPEST = NESTED_MOST;

const all = (tokens: readonly Token[] | undefined, depth: number): Drawn =>
  (tokens ?? []).flatMap((token) =>
    depth > DEEPEST ? [String(token.raw)] : drawn(token, depth + 1)
  );

function list({ items, ordered, start }: Tokens.List, depth: number): ComponentChild {
  const lines = items.map((item) => h("li", null, ...all(item.tokens, depth)));
  return ordered ? h("ol", { start: Number(start) || 1 }, ...lines) : h("ul", null, ...lines);
}

function link({ href, tokens }: Tokens.Link, depth: number): ComponentChild {
  const rel = "noopener noreferrer nofollow ugc";
  return h("a", { href, target: "_blank", rel }, ...all(tokens, depth));
}

/** Elements that hold what is in them, and nothing else. */
const PLAIN: Readonly<Record<string, string>> = {
  paragraph: "p",
  blockquote: "blockquote",
  strong: "strong",
  em: "em",
  del: "del",
};

function drawn(token: Token, depth: number): Drawn {
  const element = PLAIN[token.type];
  if (element) return [h(element, null, ...all("tokens" in token ? token.tokens : [], depth))];
  switch (token.type) {
    case "space":
      return [];
    case "list":
      return [list(token as Tokens.List, depth)]; // the union has a member that is anything
    case "codespan":
      return [h("code", null, String(token.text))];
    case "code":
      return [h("pre", { tabIndex: 0 }, h("code", null, String(token.text)))];
    case "br":
      return [h("br", null)];
    case "escape":
      return [String(token.text)];
    case "link":
      return isSafe(String(token.href)) ? [link(token as Tokens.Link, depth)] : [String(token.raw)];
    case "text":
      return token.tokens ? all(token.tokens, depth) : named(String(token.text));
    case "heading":
    case "table":
    case "hr":
      return [h("p", null, String(token.raw).trimEnd())];
    default:
      return [String(token.raw)]; // pictures, HTML: as they were typed
  }
}

export function MessageText({ text }: { text: string }) {
  const inside = isNested(text)
    ? [h("p", null, text)]
    : all(lexer(text, { gfm: true, breaks: true }), 0);
  return h("div", { class: "said" }, ...inside);
}

/** The beginning of a text without its marks, for quotes and lists. */
export function plainText(text: string, most: number): string {
  const plain = text.replace(/[*_~`>#]+/g, "").replace(/\s+/g, " ").trim();
  return plain.length > most ? `${plain.slice(0, most - 1).trimEnd()}…` : plain;
}
