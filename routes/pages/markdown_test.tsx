import { deepEqual, equal, ok } from "node:assert/strict";
import { renderToString } from "preact-render-to-string";
import { faultOf } from "../../domain/field_faults.ts";
import { SITE_TEXT_MAX, SitePatch } from "../../domain/site_settings.ts";
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

Deno.test("[S4] what would have the parser go too deep is refused; what is taken is drawn soon", () => {
  const most = (unit: string, end = "a") =>
    unit.repeat(Math.floor((SITE_TEXT_MAX - end.length) / unit.length)) + end;
  const stars = (many: number) => `${"*".repeat(many)}a${"*".repeat(many)}`;
  const refused = [
    ...[most(">"), most("> "), most("- "), most("1. "), most("> - ")],
    ...[stars(9_000), stars(501), `fine\n\n${"**a *b ".repeat(2_000)}`],
    "text\n" + "> ".repeat(9) + "nine",
  ];
  for (const rules of refused) {
    const { error } = SitePatch.safeParse({ rules });
    deepEqual(error?.issues.map(faultOf), [{ kind: "deep" }], rules.slice(0, 30));
  }
  const nested = Array.from({ length: 190 }, (_, deep) => `${" ".repeat(deep)}- a`).join("\n");
  const taken = [
    ...["> ".repeat(8) + "eight", stars(500), "_".repeat(1_000), nested],
    ...[most("["), most("[a](b) "), most("<b>"), most("`a` "), most("~~a "), most("|a")],
    most(`${"**a *b ".repeat(333)}\n\n`),
  ];
  for (const rules of taken) {
    const { data, error } = SitePatch.safeParse({ rules });
    equal(error, undefined, rules.slice(0, 30));
    const began = performance.now();
    ok(html(data?.rules ?? "").length > 0);
    ok(performance.now() - began < 2_000, `${rules.slice(0, 30)}: ${performance.now() - began} ms`);
  }
});
