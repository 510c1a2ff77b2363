/** The environment, read once and parsed into one frozen value; the only file that reads it (O3). */
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { LIMITS } from "./domain/limits.ts";

const MIB = 1024 ** 2;

/** `RATE_LIMITS`: `off`, or a list of `name=limit/window/burst`; sizes are never changed by it. */
const RateLimits = z.string().default("").transform((text, context) => {
  if (text === "off") return "off" as const;
  const rules: Record<string, { limit: number; windowMs: number; burst: number }> = {};
  for (const part of text.split(",").map((piece) => piece.trim()).filter(Boolean)) {
    const found = /^([a-z_]+)=(\d{1,9})\/(\d{1,4})?(s|m|h)(?:\/(\d{1,9}))?$/.exec(part);
    if (!found) {
      context.addIssue({ code: "custom", message: 'wanted "off" or rules as login=5/15m/2' });
      return z.NEVER;
    }
    const [, name = "", limit = "", count = "1", unit = "s", burst = "0"] = found;
    if (!(name in LIMITS) || Number(count) < 1) {
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

const port = (fallback: number) =>
  z.string().default(String(fallback)).transform(Number).pipe(
    z.number({ error: "wanted a port from 0 to 65535" }).int().min(0).max(65535),
  );
const whole = (fallback: number, least: number, most: number) =>
  z.string().default(String(fallback)).transform(Number).pipe(
    z.number({ error: `wanted a whole number from ${least} to ${most}` }).int().min(least).max(
      most,
    ),
  );

/** A host as it stands in a URL. */
const bracketed = (host: string) =>
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

const S3 = ["ENDPOINT", "BUCKET", "REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"]
  .map((name) => `S3_${name}`);
const CLAMAV = /^(unix:\/[^\0]+|tcp:\/\/([\w.-]+|\[[\da-f:.]+\]):\d{1,5})$/i;

const Environment = z.object({
  HOST: z.string().default("127.0.0.1").refine(
    (host) => URL.canParse(`http://${bracketed(host)}/`),
    "wanted an address or a host's name",
  ),
  PORT: port(8080),
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
  ENCRYPTION_KEY: z.string().optional(),
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
  METRICS_TOKEN: z.string().min(16, "wanted at least 16 characters").optional(),
  DRAIN_SECONDS: whole(20, 0, 600),
  TLS_CERT: file.optional(),
  TLS_KEY: file.optional(),
  FFMPEG: file.optional(),
  MIGRATE: flag(true),
  DB_POOL: whole(10, 1, 500),
  UPLOAD_MAX_BYTES: whole(2048 * MIB, 1, Number.MAX_SAFE_INTEGER),
  UPLOAD_MAX_SECONDS: whole(7_200, 1, 86_400),
  ALLOW_UNSAFE_MEDIA: flag(false),
});

/** Variables whose values are never shown. */
const SECRET = /_KEY$|_TOKEN$/;

/** A setting that was not as wanted; `message` names what was. */
export interface ConfigProblem {
  readonly variable: string;
  readonly value: string | undefined;
  readonly message: string;
}

/** All that is wrong with the environment, at once. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(
      problems.map(({ variable, value, message }) =>
        value === undefined
          ? `${variable} is not set: ${message}`
          : `${variable} is ${SECRET.test(variable) ? "set" : JSON.stringify(value)}: ${message}`
      ).join("\n"),
    );
  }
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[?::1\]?)$/;

/**
 * The settings in force.
 *
 * @throws {ConfigError} naming every variable that is not as wanted.
 */
export function parseConfig(environment: Record<string, string | undefined>) {
  // an empty variable means "not set", as compose files and .env.example have it
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = Environment.safeParse(given);
  const problems: ConfigProblem[] = (parsed.error?.issues ?? []).map((issue) => ({
    variable: String(issue.path[0]),
    value: given[String(issue.path[0])],
    message: issue.message,
  }));
  if (given.NATS_URL && !given.DATABASE_URL) {
    problems.push({
      variable: "DATABASE_URL",
      value: undefined,
      message: "wanted, because NATS_URL is set: the nodes of a cluster share one PostgreSQL",
    });
  }
  const absent = S3.filter((name) => !given[name]);
  for (const variable of absent.length < S3.length ? absent : []) {
    problems.push({ variable, value: undefined, message: `${S3.join(", ")} go together` });
  }
  if (Boolean(given.TLS_CERT) !== Boolean(given.TLS_KEY)) {
    const variable = given.TLS_CERT ? "TLS_KEY" : "TLS_CERT";
    problems.push({ variable, value: undefined, message: "TLS_CERT and TLS_KEY go together" });
  }
  if (given.TLS_CERT && given.PUBLIC_URL?.startsWith("http:")) {
    problems.push({
      variable: "PUBLIC_URL",
      value: given.PUBLIC_URL,
      message: "wanted https://, because TLS_CERT is set",
    });
  }
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems);

  const env = parsed.data;
  const scheme = env.TLS_CERT ? "https" : "http";
  const host = env.HOST === "0.0.0.0" || env.HOST === "::" ? "localhost" : bracketed(env.HOST);
  const publicUrl = new URL(env.PUBLIC_URL ?? `${scheme}://${host}:${env.PORT}`);
  // without PUBLIC_URL, whom we listen to decides
  const isPublic = !LOOPBACK.test(env.PUBLIC_URL ? publicUrl.hostname : env.HOST);
  return Object.freeze({
    host: env.HOST,
    port: env.PORT,
    /** Without a slash at its end. */
    publicUrl: publicUrl.href.replace(/\/$/, ""),
    publicUrlIsSet: env.PUBLIC_URL !== undefined,
    /** Whether strangers can reach this site: PUBLIC_URL is not loopback. */
    isPublic,
    secure: publicUrl.protocol === "https:",
    dataDir: env.DATA_DIR.replace(/(.)\/+$/, "$1"),
    databaseUrl: env.DATABASE_URL,
    natsUrl: env.NATS_URL,
    redisUrl: env.REDIS_URL,
    mediaBaseUrl: env.MEDIA_BASE_URL,
    s3: env.S3_BUCKET === undefined ? undefined : Object.freeze({
      endpoint: env.S3_ENDPOINT ?? "",
      bucket: env.S3_BUCKET,
      region: env.S3_REGION ?? "",
      accessKeyId: env.S3_ACCESS_KEY_ID ?? "",
      secretAccessKey: env.S3_SECRET_ACCESS_KEY ?? "",
      encryption: env.S3_ENCRYPTION,
    }),
    clamavUrl: env.CLAMAV_URL,
    roles: env.ROLES,
    nodeName: env.NODE_NAME ?? `node-${crypto.randomUUID().slice(0, 8)}`,
    jwtPrivateKey: env.JWT_PRIVATE_KEY,
    jwtAlg: env.JWT_ALG,
    encryptionKey: env.ENCRYPTION_KEY,
    trustedProxies: env.TRUSTED_PROXIES,
    rateLimits: env.RATE_LIMITS,
    registration: env.REGISTRATION ?? (isPublic ? "approval" as const : "open" as const),
    corsOrigins: env.CORS_ORIGINS,
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT,
    metricsToken: env.METRICS_TOKEN,
    drainSeconds: env.DRAIN_SECONDS,
    tlsCert: env.TLS_CERT,
    tlsKey: env.TLS_KEY,
    ffmpeg: env.FFMPEG,
    migrate: env.MIGRATE,
    dbPool: env.DB_POOL,
    uploadMaxBytes: env.UPLOAD_MAX_BYTES,
    uploadMaxSeconds: env.UPLOAD_MAX_SECONDS,
    allowUnsafeMedia: env.ALLOW_UNSAFE_MEDIA,
  });
}

export type Config = ReturnType<typeof parseConfig>;

/** The settings of this process. */
export const readConfig = (): Config => parseConfig(Deno.env.toObject());

/** What is in force, a line a variable, with secrets masked. */
export function describeConfig(config: Config): Record<string, string> {
  const shown = (value: unknown) =>
    value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  const mask = (value: unknown) => value === undefined ? "" : "********";
  const database = config.databaseUrl && URL.parse(config.databaseUrl);
  if (database && database.password) database.password = "********";
  return {
    HOST: config.host,
    PORT: shown(config.port),
    PUBLIC_URL: config.publicUrl,
    DATA_DIR: config.dataDir,
    DATABASE_URL: database ? database.href : "embedded",
    NATS_URL: config.natsUrl ?? "in process",
    REDIS_URL: config.redisUrl ?? "in memory",
    MEDIA_BASE_URL: shown(config.mediaBaseUrl),
    S3_ENDPOINT: shown(config.s3?.endpoint),
    S3_BUCKET: shown(config.s3?.bucket),
    S3_REGION: shown(config.s3?.region),
    S3_ACCESS_KEY_ID: shown(config.s3?.accessKeyId),
    S3_SECRET_ACCESS_KEY: mask(config.s3?.secretAccessKey),
    S3_ENCRYPTION: config.s3?.encryption ?? "AES256",
    CLAMAV_URL: config.clamavUrl ?? "off",
    ROLES: config.roles.join(","),
    NODE_NAME: config.nodeName,
    JWT_PRIVATE_KEY: config.jwtPrivateKey ? mask(config.jwtPrivateKey) : "made in DATA_DIR",
    JWT_ALG: config.jwtAlg,
    ENCRYPTION_KEY: config.encryptionKey ? mask(config.encryptionKey) : "made in DATA_DIR",
    TRUSTED_PROXIES: config.trustedProxies.join(",") || "none",
    RATE_LIMITS: shown(config.rateLimits),
    REGISTRATION: config.registration,
    CORS_ORIGINS: config.corsOrigins.join(","),
    LOG_LEVEL: config.logLevel,
    LOG_FORMAT: config.logFormat ?? "pretty on a terminal, else json",
    METRICS_TOKEN: config.metricsToken ? mask(config.metricsToken) : "loopback only",
    DRAIN_SECONDS: shown(config.drainSeconds),
    TLS_CERT: shown(config.tlsCert),
    TLS_KEY: mask(config.tlsKey),
    FFMPEG: config.ffmpeg ?? "found",
    MIGRATE: config.migrate ? "on" : "off",
    DB_POOL: shown(config.dbPool),
    UPLOAD_MAX_BYTES: shown(config.uploadMaxBytes),
    UPLOAD_MAX_SECONDS: shown(config.uploadMaxSeconds),
    ALLOW_UNSAFE_MEDIA: config.allowUnsafeMedia ? "on" : "off",
  };
}
