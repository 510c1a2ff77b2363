/** The frame of every page: head, rail, page and the dock that stays; and how a page is answered. */
import type { Context } from "hono";
import type { ComponentChildren, VNode } from "preact";
import { renderToString } from "preact-render-to-string";
import type { Language } from "../../domain/i18n/mod.ts";
import { speak } from "../../islands/shared/words.ts";
import type { AppEnv } from "../env.ts";
import type { View } from "./context.ts";
import { Foot } from "./foot.tsx";
import { siteIcon } from "./icon.ts";
import { Rail, Top } from "./rail.tsx";
import type { WebManifest } from "./site.ts";

/** A page: what the head says, and its content. */
export interface Content {
  readonly title: string;
  readonly description?: string;
  /** The content as a function, so that it is drawn after the language was set. */
  readonly body: () => VNode;
  /** How other sites show a link to it (Open Graph); paths or addresses. */
  readonly share?: { readonly type: string; readonly path: string; readonly image?: string };
  /** Search engines are to leave it out. */
  readonly noIndex?: boolean;
  /** The page loads itself again after so many seconds. */
  readonly refreshS?: number;
  readonly status?: 200 | 202 | 400 | 401 | 403 | 404 | 409 | 413 | 415 | 422 | 429 | 500 | 503;
}

const FONTS = ["bricolage-grotesque", "instrument-sans"];

/** What the page's script needs at once, so that no chunk waits for another to name it. */
function preloads(manifest: WebManifest, language: Language, body: string): string[] {
  const names = ["islands/boot.ts", `domain/i18n/${language}.ts`];
  for (const [, name] of body.matchAll(/data-source="([a-z_/]+\.tsx)"/g)) {
    if (name) names.push(name);
  }
  return [
    ...new Set(names.flatMap((name) => {
      const asset = manifest[name];
      return asset ? [asset.url, ...asset.imports] : [];
    })),
  ];
}

/** What other sites show of a link to the page (ogp.me). */
function Share({ view, content }: { view: View; content: Content }) {
  const { share } = content;
  if (!share) return null;
  const { site, t } = view;
  const at = (path: string) => new URL(path, `${site.publicUrl}/`).href;
  const said: readonly (readonly [property: string, content: string | undefined])[] = [
    ["og:site_name", site.siteName],
    ["og:type", share.type],
    ["og:title", content.title],
    ["og:description", content.description ?? t.tagline],
    ["og:url", at(share.path)],
    ["og:image", share.image && at(share.image)],
    ["og:image:type", share.image && "image/webp"],
  ];
  return (
    <>
      {said.map(([property, text]) =>
        text && <meta key={property} property={property} content={text} />
      )}
      <meta name="twitter:card" content="summary" />
    </>
  );
}

interface FrameProps {
  readonly view: View;
  readonly content: Content;
  readonly scripts: readonly string[];
  readonly nonce: string;
  readonly children: ComponentChildren;
}

function Frame({ view, content, scripts, nonce, children }: FrameProps) {
  const { site, language, t, theme, viewer } = view;
  const manifest = site.assets();
  const icon = siteIcon(site);
  const title = content.title === site.siteName
    ? site.siteName
    : `${content.title} · ${site.siteName}`;
  return (
    <html lang={language} data-theme={theme}>
      <head>
        <meta charset="utf-8" />
        <meta
          name="viewport"
          content="width=device-width, initial-scale=1, viewport-fit=cover, interactive-widget=resizes-content"
        />
        <title>{title}</title>
        <meta name="description" content={content.description ?? t.tagline} />
        {content.noIndex && <meta name="robots" content="noindex" />}
        {content.refreshS && <meta http-equiv="refresh" content={String(content.refreshS)} />}
        <Share view={view} content={content} />
        <meta name="theme-color" content="#0d1314" media="(prefers-color-scheme: dark)" />
        <meta name="theme-color" content="#f7f3ea" media="(prefers-color-scheme: light)" />
        <link rel="icon" href={icon.url} type={icon.type} />
        <link rel="manifest" href="/site.webmanifest" />
        <link rel="stylesheet" href={manifest["islands/styles/main.css"]?.url} />
        {FONTS.map((font) => (
          <link
            rel="preload"
            as="font"
            type="font/woff2"
            crossorigin="anonymous"
            href={manifest[`fonts/${font}`]?.url}
          />
        ))}
        {scripts.map((url) => <link key={url} rel="modulepreload" href={url} />)}
        <script
          type="module"
          src={manifest["islands/boot.ts"]?.url}
          nonce={nonce}
        />
      </head>
      <body>
        <a class="skip" href="#page" data-no-swap>{t.skip}</a>
        <Rail view={view} />
        <Top view={view} />
        <main
          id="page"
          data-user={viewer.kind === "user" ? viewer.username : ""}
          tabindex={-1}
        >
          {children}
        </main>
        <Foot view={view} />
        <div id="dock" />
      </body>
    </html>
  );
}

/** Answers with a page. */
export function answer(c: Context<AppEnv>, view: View, content: Content): Response {
  speak(view.language, view.t);
  const body = content.body();
  // the body is drawn once to know its islands, and the frame around it then loads only those
  const drawn = renderToString(body);
  const html = renderToString(
    <Frame
      view={view}
      content={content}
      scripts={preloads(view.site.assets(), view.language, drawn)}
      nonce={c.get("nonce")}
    >
      {body}
    </Frame>,
  );
  c.header("cache-control", "private, no-cache");
  c.header("vary", "cookie, accept-language");
  if (content.noIndex) c.header("x-robots-tag", "noindex");
  return c.html(`<!doctype html>${html}`, content.status ?? 200);
}
