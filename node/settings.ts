/** What the environment may hold, variable by variable (O3). */
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { HLS_FORMS } from "../domain/hls_form.ts";
import { LIMITS } from "../domain/limits.ts";
import { Quotas, UploadLimits } from "../domain/role_settings.ts";

const MIB = 1024 ** 2;

/** `RATE_LIMITS`: `off`, or a list of `name=limit/window/burst`; sizes are never changed by it. */
const RateLimits = z.string().default("").transform((text, context) => {
  if (text === "off") return "off" as const;
  const rules: Record<string, { limit: number; windowMs: number; burst: number }> = {};
  for (const part of text.split(",").map((piece) => piece.trim()).filter(Boolean)) {
    const found = /^([A-Za-z_]+)=(\d{1,9})\/(\d{1,4})?(s|m|h)(?:\/(\d{1,9}))?$/.exec(part);
    if (!found) {
      context.addIssue({ code: "custom", message: 'wanted "off" or rules as login=5/15m/2' });
      return z.NEVER;
    }
    const [, name = "", limit = "", count = "1", unit = "s", burst = "0"] = found;
    if (!Object.hasOwn(LIMITS, name) || Number(count) < 1) {
      context.addIssue({
        code: "custom",
        message: `wanted names of ${Object.keys(LIMITS).join(", ")}, and a window of at least 1s`,
      });
      return z.NEVER;
    }
    const unitMs = { s: 1_000, m: 60_000, h: 3_600_000 }[unit] ?? 1_000;
    rules[name] = { limit: Number(limit), windowMs: Number(count) * unitMs, burst: Number(burst) };
  }
  return rules;
});

const flag = (fallback: boolean) =>
  z.enum(["on", "off", "1", "0", "true", "false"], { error: 'wanted "on" or "off"' })
    .default(fallback ? "on" : "off")
    .transform((text) => text === "on" || text === "1" || text === "true");

const url = (...schemes: string[]) =>
  z.string().refine((text) => {
    const parsed = URL.parse(text);
    return parsed !== null && schemes.includes(parsed.protocol.slice(0, -1));
  }, `wanted a URL that starts with ${schemes.map((s) => `${s}://`).join(" or ")}`);

const aPort = z.number({ error: "wanted a port from 0 to 65535" }).int().min(0).max(65535);
const port = (fallback: number) =>
  z.string().default(String(fallback)).transform(Number).pipe(aPort);
const whole = (fallback: number, least: number, most: number) =>
  z.string().default(String(fallback)).transform(Number).pipe(
    z.number({ error: `wanted a whole number from ${least} to ${most}` }).int().min(least).max(
      most,
    ),
  );

/** A host as it stands in a URL. */
export const bracketed = (host: string) =>
  host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;

const words = z.string().default("").transform((text) =>
  text.split(",").map((part) => part.trim()).filter(Boolean)
);

/** A path whose file must be there, for a start that fails late fails without a reason. */
const file = z.string().refine((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false; // missing, or not ours to read: either way it cannot be used
  }
}, "wanted the path of a file that can be read");

/** 32 bytes, as `openssl rand -base64 32` writes them. */
const key = z.string().regex(
  /^[A-Za-z0-9+/_-]{42}[A-Za-z0-9+/_-]=?$/,
  "wanted 32 bytes in base64, as `openssl rand -base64 32` makes them",
);

const CLAMAV = /^(unix:\/[^\0]+|tcp:\/\/([\w.-]+|\[[\da-f:.]+\]):\d{1,5})$/i;

export const Environment = z.object({
  HOST: z.string().default("127.0.0.1").refine(
    (host) => URL.canParse(`http://${bracketed(host)}/`),
    "wanted an address or a host's name",
  ),
  PORT: port(8080),
  ENCODER_PORT: port(8001),
  PUBLIC_URL: url("http", "https").optional(),
  DATA_DIR: z.string().min(1, "wanted a folder").default("./data"),
  DATABASE_URL: url("postgres", "postgresql").optional(),
  NATS_URL: url("nats", "tls").optional(),
  REDIS_URL: url("redis", "rediss").optional(),
  MEDIA_BASE_URL: url("http", "https").optional(),
  S3_ENDPOINT: url("http", "https").optional(),
  S3_BUCKET: z.string().regex(/^[a-z0-9][a-z0-9.-]{2,62}$/, "wanted a bucket's name").optional(),
  S3_REGION: z.string().regex(/^[a-z0-9-]+$/, "wanted a region such as eu-west-3").optional(),
  S3_ACCESS_KEY_ID: z.string().optional(),
  S3_SECRET_ACCESS_KEY: z.string().optional(),
  S3_ENCRYPTION: z.enum(["AES256", "aws:kms", "off"], { error: "wanted AES256, aws:kms or off" })
    .default("AES256"),
  CLAMAV_URL: z.string().regex(CLAMAV, "wanted unix:/path or tcp://host:port").optional(),
  ROLES: z.string().default("web,worker").transform((text) => text.split(",").map((r) => r.trim()))
    .pipe(z.array(z.enum(["web", "worker"], { error: "wanted web, worker, or both" })).min(1)),
  NODE_NAME: z.string().regex(/^[A-Za-z0-9_-]{1,40}$/, "wanted 1 to 40 letters, digits, _ or -")
    .optional(),
  JWT_PRIVATE_KEY: z.string().includes("-----BEGIN PRIVATE KEY-----", {
    error: "wanted a private key as PKCS #8 PEM (line ends may be written \\n)",
  }).optional(),
  JWT_ALG: z.enum(["RS256", "EdDSA"], { error: "wanted RS256 or EdDSA" }).default("RS256"),
  ENCRYPTION_KEY: key.optional(),
  ENCRYPTION_KEY_PREVIOUS: key.optional(),
  MEDIA_URL_SECONDS: whole(600, 2, 600),
  TRUSTED_PROXIES: words.refine(
    (list) => list.every((one) => ipaddr.isValid(one) || ipaddr.isValidCIDR(one)),
    "wanted addresses or networks, as 10.0.0.0/8,192.0.2.1",
  ),
  RATE_LIMITS: RateLimits,
  REGISTRATION: z.enum(["open", "approval", "invite", "closed"], {
    error: "wanted open, approval, invite or closed",
  }).optional(),
  CORS_ORIGINS: words.refine(
    (list) => list.every((one) => URL.parse(one)?.origin === one),
    "wanted origins, as https://example.org",
  ),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warning", "error", "fatal"], {
    error: "wanted trace, debug, info, warning, error or fatal",
  }).default("info"),
  LOG_FORMAT: z.enum(["pretty", "json"], { error: "wanted pretty or json" }).optional(),
  METRICS_PORT: z.string().transform(Number).pipe(aPort).optional(),
  METRICS_TOKEN: z.string().min(16, "wanted at least 16 characters").optional(),
  DRAIN_SECONDS: whole(20, 0, 600),
  TLS_CERT: file.optional(),
  TLS_KEY: file.optional(),
  FFMPEG: file.optional(),
  FFMPEG_STALL_SECONDS: whole(30, 1, 3_600),
  HLS_FORM: z.enum(HLS_FORMS, { error: `wanted ${HLS_FORMS.join(" or ")}` }).default("fmp4"),
  MIGRATE: flag(true),
  DB_POOL: whole(10, 1, 500),
  UPLOAD_MAX_BYTES: whole(2048 * MIB, 1, Number.MAX_SAFE_INTEGER),
  UPLOAD_MAX_SECONDS: whole(7_200, 1, 86_400),
  UPLOAD_KEEP_SECONDS: whole(86_400, 1, 30 * 86_400),
  UPLOAD_LIMITS: UploadLimits,
  QUOTA_BYTES: Quotas,
  ALLOW_UNSAFE_MEDIA: flag(false),
  DEMO: flag(false),
});
