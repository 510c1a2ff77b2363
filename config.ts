/** The environment, read once and parsed into one frozen value; the only file that reads it (O3). */
import { bracketed, Environment } from "./node/settings.ts";

const S3 = ["ENDPOINT", "BUCKET", "REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY"]
  .map((name) => `S3_${name}`);
/** Variables whose values are never shown. */
const SECRET = /_KEY(_PREVIOUS)?$|_TOKEN$/;

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
  for (const [role, { maxBytes, maxSeconds }] of Object.entries(parsed.data?.UPLOAD_LIMITS ?? {})) {
    const { UPLOAD_MAX_BYTES = 0, UPLOAD_MAX_SECONDS = 0 } = parsed.data ?? {};
    if (maxBytes <= UPLOAD_MAX_BYTES && maxSeconds <= UPLOAD_MAX_SECONDS) continue;
    problems.push({
      variable: "UPLOAD_LIMITS",
      value: given.UPLOAD_LIMITS,
      message: `wanted for ${role} at most UPLOAD_MAX_BYTES and UPLOAD_MAX_SECONDS, ` +
        `which are ${UPLOAD_MAX_BYTES} and ${UPLOAD_MAX_SECONDS}`,
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
    encoderPort: env.ENCODER_PORT,
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
    encryptionKeyPrevious: env.ENCRYPTION_KEY_PREVIOUS,
    mediaUrlSeconds: env.MEDIA_URL_SECONDS,
    trustedProxies: env.TRUSTED_PROXIES,
    rateLimits: env.RATE_LIMITS,
    /** Who may join; where it is not set, what counts until somebody chooses on the site. */
    registration: env.REGISTRATION ?? (isPublic ? "approval" as const : "open" as const),
    registrationIsSet: env.REGISTRATION !== undefined,
    corsOrigins: env.CORS_ORIGINS,
    logLevel: env.LOG_LEVEL,
    logFormat: env.LOG_FORMAT,
    metricsPort: env.METRICS_PORT,
    metricsToken: env.METRICS_TOKEN,
    drainSeconds: env.DRAIN_SECONDS,
    tlsCert: env.TLS_CERT,
    tlsKey: env.TLS_KEY,
    ffmpeg: env.FFMPEG,
    ffmpegStallSeconds: env.FFMPEG_STALL_SECONDS,
    hlsForm: env.HLS_FORM,
    migrate: env.MIGRATE,
    dbPool: env.DB_POOL,
    uploadMaxBytes: env.UPLOAD_MAX_BYTES,
    uploadMaxSeconds: env.UPLOAD_MAX_SECONDS,
    uploadKeepSeconds: env.UPLOAD_KEEP_SECONDS,
    uploadLimits: env.UPLOAD_LIMITS,
    quotas: env.QUOTA_BYTES,
    allowUnsafeMedia: env.ALLOW_UNSAFE_MEDIA,
    /** A demonstration: actors may be made to crash, to be seen recovering (X3). */
    demo: env.DEMO,
  });
}

export type Config = ReturnType<typeof parseConfig>;

/** The settings of this process. */
export const readConfig = (): Config => parseConfig(Deno.env.toObject());
