/** `/api/v1/site`, what anyone may know of the site, and `/api/v1/admin/config`, where it is set. */
import { createMiddleware } from "hono/factory";
import { z } from "zod";
import { COVER_MAX_BYTES, COVER_SIZES, COVER_TYPES, type CoverSize } from "../domain/covers.ts";
import { Rejection } from "../domain/errors.ts";
import { SiteConfig, SitePatch, SiteSettings } from "../domain/site_settings.ts";
import type { Logo, LogoMaker } from "../media/logo.ts";
import type { Log } from "../services/log.ts";
import type { SiteDesk } from "../services/site_settings.ts";
import { body, endpoint, json, routes, streamed } from "./endpoint.ts";
import type { AppEnv } from "./env.ts";
import { serve } from "./files.ts";
import { readInPlace, receiveForm } from "./multipart.ts";

/** What a form has beside its picture, in bytes: the rules and the legal notice among it. */
const FORM_BYTES = 512 * 1024;
const PIXELS = COVER_SIZES.map(({ px }) => px);
const binary = { schema: z.any().meta({ type: "string", format: "binary" }) };
const picture = (description: string) => ({ description, content: { "image/webp": binary } });

/** What these routes need. */
export interface SiteParts {
  readonly settings: SiteDesk<Logo>;
  readonly logoOf: (size: CoverSize) => Promise<{ version: string; bytes: Uint8Array } | null>;
  readonly logos: LogoMaker;
}

const get = endpoint({
  method: "get",
  path: "/site",
  tags: ["site"],
  operationId: "getSite",
  summary: "The site's name, its rules, and who may join",
  description: "A change is seen within five seconds on every node.",
  permission: "users:read",
  responses: { 200: json(SiteSettings, "The site") },
});

const logo = endpoint({
  method: "get",
  path: "/site/logo",
  tags: ["site"],
  operationId: "getSiteLogo",
  summary: "The site's logo",
  description: "Square WebP. `logoUrl` names the picture by `v`: at that address it never changes.",
  permission: "users:read",
  problems: [404, 416],
  request: {
    query: z.object({
      size: z.enum(PIXELS.map(String), `wanted ${PIXELS.join(", ")}`).default("320")
        .meta({ description: "The side at most, in pixels" }),
      v: z.string().max(40).optional(),
    }),
  },
  responses: {
    200: picture("The picture"),
    206: picture("A part of it"),
    304: { description: "It has not changed" },
  },
});

const getConfig = endpoint({
  method: "get",
  path: "/admin/config",
  tags: ["admin"],
  operationId: "getSiteConfig",
  summary: "What is set of the site",
  description: "`registrationFixed` tells that the environment decides who may join.",
  permission: "site:configure",
  responses: { 200: json(SiteConfig, "The settings") },
});

const patchConfig = endpoint({
  method: "patch",
  path: "/admin/config",
  tags: ["admin"],
  operationId: "updateSiteConfig",
  summary: "Set name, rules, legal notice, and who may join",
  description:
    "Fields that are left out stay as they are. It counts at once here, and within five seconds on other nodes.",
  permission: "site:configure",
  request: { body: body(SitePatch) },
  responses: { 200: json(SiteConfig, "The settings as they are now") },
});

const putLogo = endpoint({
  method: "put",
  path: "/admin/config/logo",
  tags: ["admin"],
  operationId: "setSiteLogo",
  summary: "Set the site's logo",
  description:
    `A picture as the body, or as the field \`file\` of a form: JPEG, PNG, WebP or GIF ` +
    `(its first picture), at most ${COVER_MAX_BYTES / 1024 ** 2} MiB. It is cut to its centre.`,
  permission: "site:configure",
  problems: [400, 413, 415, 422, 503, 507],
  request: {
    body: {
      required: true,
      content: {
        ...Object.fromEntries(COVER_TYPES.map((type) => [type, binary])),
        "multipart/form-data": { schema: z.object({ file: binary.schema }) },
      },
    },
  },
  responses: { 200: json(SiteConfig, "The settings as they are now") },
});

const deleteLogo = endpoint({
  method: "delete",
  path: "/admin/config/logo",
  tags: ["admin"],
  operationId: "removeSiteLogo",
  summary: "Take the site's logo away",
  description: "The name stands in its place again.",
  permission: "site:configure",
  responses: { 204: { description: "It is gone" } },
});

/** The logo of a form, null where its field was left empty, and the form's other fields. */
export async function receiveLogoForm(
  request: Request,
  logos: LogoMaker,
): Promise<{ logo: Logo | null; fields: Record<string, string> }> {
  const { taken, fields } = await receiveForm(request, {
    open: () => logos.writer(),
    maxBytes: COVER_MAX_BYTES + FORM_BYTES,
  });
  return { logo: taken, fields };
}

/** The logo of a request, whichever way it came. */
async function receiveLogo(request: Request, logos: LogoMaker): Promise<Logo> {
  const type = (request.headers.get("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase();
  if (type === "multipart/form-data") {
    const { logo } = await receiveLogoForm(request, logos);
    if (!logo) throw new Rejection("empty_file");
    return logo;
  }
  if (!COVER_TYPES.some((one) => one === type)) {
    throw new Rejection("unsupported_type", `Send a picture (${COVER_TYPES.join(", ")}) or a form`);
  }
  if (!request.body) throw new Rejection("empty_file");
  const read = readInPlace(request.body);
  await using writer = await logos.writer();
  try {
    for (let piece = await read.read(); piece; piece = await read.read()) await writer.write(piece);
  } catch (error) {
    await read.cancel();
    throw error;
  }
  const made = await writer.commit();
  if (!made) throw new Rejection("empty_file");
  return made;
}

/**
 * Has the settings read again before a request that they matter to, where another node may have
 * changed them. While the database is away the last known ones hold.
 */
export const freshSettings = ({ settings, log }: { settings: SiteDesk<Logo>; log: Log }) =>
  createMiddleware<AppEnv>(async (_c, next) => {
    try {
      await settings.refresh();
    } catch (error) {
      log.warn("the site's settings could not be read; the last known hold", { error });
    }
    await next();
  });

export function siteSettings({ settings, logoOf, logos }: SiteParts) {
  const app = routes();

  app.openapi(get, (c) => {
    const { registrationFixed: _fixed, ...shown } = settings.now();
    return c.json(shown, 200);
  });

  app.openapi(logo, async (c) => {
    const { size, v } = c.req.valid("query");
    const name = COVER_SIZES.find(({ px }) => String(px) === size)?.name;
    const found = name && await logoOf(name);
    if (!found) throw new Rejection("not_found", "The site has no logo");
    const bytes = new Uint8Array(found.bytes);
    return await serve(c, {
      size: bytes.byteLength,
      etag: `"${found.version}-${size}"`,
      type: "image/webp",
      cacheControl: v === found.version ? "public, max-age=31536000, immutable" : "no-cache",
      open: (range) => Promise.resolve(range ? bytes.subarray(range.start, range.end + 1) : bytes),
    });
  });

  app.openapi(getConfig, (c) => c.json(settings.now(), 200));
  app.openapi(
    patchConfig,
    async (c) => c.json(await settings.change(c.req.valid("json")), 200),
  );
  streamed(app, putLogo, async (c) => {
    return c.json(await settings.setLogo(await receiveLogo(c.req.raw, logos)), 200);
  });
  app.openapi(deleteLogo, async (c) => {
    await settings.setLogo(null);
    return c.body(null, 204);
  });

  return app;
}
