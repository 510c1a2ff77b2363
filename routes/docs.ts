/** `/api/v1/openapi.json` and `/docs`: the interface, described and browsable (H2). */
import type { OpenAPIHono } from "@hono/zod-openapi";
import { Hono } from "hono";
import type { AppEnv } from "./env.ts";

/** The OpenAPI 3.1 document of all declared routes. */
export function describe(api: OpenAPIHono<AppEnv>, publicUrl: string) {
  api.openAPIRegistry.registerComponent("securitySchemes", "bearer", {
    type: "http",
    scheme: "bearer",
    bearerFormat: "JWT",
  });
  api.openAPIRegistry.registerComponent("securitySchemes", "cookie", {
    type: "apiKey",
    in: "cookie",
    name: "veza_session",
  });
  return api.getOpenAPI31Document({
    openapi: "3.1.0",
    info: {
      title: "Veza",
      version: "1.0.0",
      description: "Upload music and hear it seconds later. Errors are problem+json (RFC 9457).",
      contact: { name: "The administrators of this site", url: publicUrl },
      license: { name: "MIT" },
    },
    servers: [{ url: "/api/v1", description: "This site" }],
    tags: [
      { name: "auth", description: "Accounts and sessions" },
      { name: "users", description: "Profiles" },
      { name: "site", description: "The site: its name, its rules, and who may join" },
      { name: "tracks", description: "Tracks and their files" },
      { name: "notifications", description: "What one is told of" },
      { name: "rooms", description: "Rooms, who is in them, and what was said" },
      { name: "live", description: "Live streams, their keys and how they go" },
      { name: "admin", description: "For those who run the site" },
      { name: "uploads", description: "Uploads that come in pieces, by tus 1.0 (https://tus.io)" },
    ],
  });
}

/**
 * The document and the page that shows it; no outside host is asked. `make` is called once, by the
 * first who asks: making it costs a start more than all routes do, and 30 MiB (P10).
 */
export function docs(make: () => object) {
  const app = new Hono<AppEnv>();
  let document: string | undefined;
  app.get("/api/v1/openapi.json", (c) => {
    document ??= JSON.stringify(make());
    return c.body(document, 200, { "Content-Type": "application/json" });
  });
  app.get("/docs", (c) => {
    const nonce = c.get("nonce");
    return c.html(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Veza: the REST interface</title>
<link rel="stylesheet" href="/docs/swagger-ui.css">
</head>
<body>
<main id="docs"></main>
<script src="/docs/swagger-ui-bundle.js"></script>
<script nonce="${nonce}">
SwaggerUIBundle({ url: "/api/v1/openapi.json", dom_id: "#docs", validatorUrl: null });
</script>
</body>
</html>`);
  });
  return app;
}
