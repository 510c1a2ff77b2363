import { equal, ok } from "node:assert/strict";
import { renderToString } from "preact-render-to-string";
import { Markdown } from "./markdown.tsx";

const html = (text: string) =>
  renderToString(<Markdown text={text} />)
    .replace(/^<div class="prose written">/, "").replace(/<\/div>$/, "")
    .replaceAll("<li >", "<li>");

Deno.test("[S4] headings, lists, emphasis and links are drawn", () => {
  equal(html("# One\n\n## Two"), "<h2>One</h2><h3>Two</h3>");
  equal(html("- a\n- **b** *c*"), "<ul><li>a</li><li><strong>b</strong> <em>c</em></li></ul>");
  ok(html("[us](https://example.org/x)").includes('<a href="https://example.org/x"'));
  ok(html("[rules](/rules)").includes('<a href="/rules"'));
  equal(html("a & b < c"), "<p>a &amp; b &lt; c</p>");
});

Deno.test("[S4] HTML, pictures and links of other schemes are shown as they were typed", () => {
  for (
    const text of [
      "<script>alert(1)</script>",
      "text <img src=x onerror=alert(1)> text",
      "<div onclick=alert(1)>\n\nx\n\n</div>",
      "[x](javascript:alert(1))",
      "[x](data:text/html,hello)",
      "[x](vbscript:y)",
      "![x](https://elsewhere.example/track.png)",
      "[x]: javascript:alert(1)\n\n[x]",
      "<javascript:alert(1)>",
    ]
  ) {
    const drawn = html(text);
    equal(
      /<(script|img|div|svg|iframe)|href="(javascript|data|vbscript)/i.test(drawn),
      false,
      drawn,
    );
  }
});
