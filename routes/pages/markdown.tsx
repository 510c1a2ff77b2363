/**
 * Markdown of the people who run a site, drawn as elements: what is not named here, HTML above all,
 * becomes text, so that nothing it says can reach the page as markup.
 */
import { lexer, type Token, type Tokens } from "marked";
import { type ComponentChildren, Fragment, type VNode } from "preact";

/** Where a link may lead: other schemes, such as javascript:, are shown as text. */
const SCHEMES = new Set(["http:", "https:", "mailto:"]);

const isSafe = (href: string) => {
  const url = URL.parse(href, "https://here.invalid/");
  return url !== null && SCHEMES.has(url.protocol);
};

/** Each in a fragment of its own: the strings of a bare array would be escaped twice. */
const all = (tokens: readonly Token[] | undefined): ComponentChildren =>
  tokens?.map((token, at) => <Fragment key={at}>{drawn(token)}</Fragment>);

function List({ list }: { list: Tokens.List }): VNode {
  const items = list.items.map((item, at) => <li key={at}>{all(item.tokens)}</li>);
  return list.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
}

function drawn(token: Token): ComponentChildren {
  switch (token.type) {
    case "space":
      return null;
    case "heading":
      return Number(token.depth) < 2 ? <h2>{all(token.tokens)}</h2> : <h3>{all(token.tokens)}</h3>;
    case "paragraph":
      return <p>{all(token.tokens)}</p>;
    case "blockquote":
      return <blockquote>{all(token.tokens)}</blockquote>;
    case "list":
      return <List list={token as Tokens.List} />; // the union has a member that is anything
    case "strong":
      return <strong>{all(token.tokens)}</strong>;
    case "em":
      return <em>{all(token.tokens)}</em>;
    case "codespan":
      return <code>{token.text}</code>;
    case "code":
      return <pre>{token.text}</pre>;
    case "hr":
      return <hr />;
    case "br":
      return <br />;
    case "escape":
      return token.text;
    case "link":
      return isSafe(String(token.href))
        ? <a href={token.href} rel="noopener nofollow ugc">{all(token.tokens)}</a>
        : token.raw;
    case "text":
      return token.tokens ? all(token.tokens) : token.text;
    default:
      return token.raw; // tables, pictures, HTML: as they were typed
  }
}

export function Markdown({ text }: { text: string }): VNode {
  return <div class="prose written">{all(lexer(text, { gfm: true }))}</div>;
}
