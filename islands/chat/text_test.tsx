/** What people write, as elements: marks are drawn, everything else is text. */
import { equal, ok } from "node:assert/strict";
import { renderToString } from "preact-render-to-string";
import { MessageText, plainText } from "./text.ts";

const drawn = (text: string) =>
  renderToString(<MessageText text={text} />).replace(/^<div class="said">|<\/div>$/g, "");

Deno.test("[C9] bold, italic, code, links, quotes, lists and line ends are drawn", () => {
  equal(
    drawn("**a** *b* ~~c~~ `d`"),
    "<p><strong>a</strong> <em>b</em> <del>c</del> <code>d</code></p>",
  );
  equal(drawn("a\nb"), "<p>a<br/>b</p>");
  ok(drawn("> a\n\n- b").startsWith("<blockquote><p>a</p></blockquote><ul><li>"));
  ok(drawn("see https://example.org/x").includes('href="https://example.org/x"'));
  ok(drawn("```\n<b>\n```").includes("<code>&lt;b></code></pre>"));
});

Deno.test("[C9] names are links, addresses of mail are not", () => {
  equal(drawn("hi @ada"), '<p>hi <a class="mention" href="/@ada">@ada</a></p>');
  ok(!drawn("@ada/x a@adaquay").includes("/@adaquay"));
});

Deno.test("[C9] HTML, pictures, tables and headings are text", () => {
  equal(drawn("<b>x</b>"), "<p>&lt;b>x&lt;/b></p>");
  equal(drawn("# big"), "<p># big</p>");
  ok(!drawn("![x](https://example.org/x.png)").includes("<img"));
  for (
    const text of [
      "[x](javascript:alert(1))",
      "[x](JaVaScRiPt:alert(1))",
      "[x](data:text/html,x)",
      "[x](vbscript:x)",
      "<javascript:alert(1)>",
      "[x]: javascript:alert(1)\n\n[x]",
    ]
  ) ok(!drawn(text).includes("<a"), text);
});

Deno.test("[C11] the longest message is drawn in no time and not deep, whatever it holds", () => {
  const pieces = [
    "*",
    "_a_ ",
    "[",
    "> ",
    ">",
    "`",
    "**a",
    "<a ",
    "- ",
    "- \n",
    "![](",
    "\\",
    "@a ",
    "|-",
  ];
  const texts = pieces.map((piece) => piece.repeat(4_000 / piece.length));
  const nested = Array.from({ length: 700 }, (_, at) => at % 2 ? "**b " : "*a ").join("");
  texts.push(nested + " b**a*".repeat(240));
  texts.push(Array.from({ length: 80 }, (_, at) => `${"  ".repeat(at / 2)}- a`).join("\n"));
  texts.push("1. - ".repeat(800), "> - ".repeat(1_000));
  for (const text of texts) {
    const before = performance.now();
    const html = drawn(text.slice(0, 4_000));
    const name = JSON.stringify(text.slice(0, 12));
    ok(performance.now() - before < 1_000, `${name} is slow`);
    ok(html.length < 100_000, `${name} becomes ${html.length} letters`);
  }
});

Deno.test("[C9] quotes are one line without marks", () => {
  equal(plainText("**bold**\n\n> x", 20), "bold x");
  equal(plainText("abcdef", 4), "abc…");
});
