/** The rules of a site, and its legal notice, each as a page. */
import type { View } from "./context.ts";
import { Markdown } from "./markdown.tsx";
import type { Content } from "./view.tsx";

export function siteTextPage({ site }: View, title: string, text: string): Content {
  const body = () => (
    <article class="narrow">
      <h1 class="page-title">{title}</h1>
      <Markdown text={text} />
    </article>
  );
  return { title, description: `${title}: ${site.siteName}`, body };
}
