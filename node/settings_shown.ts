/** What `deno task config` prints: the settings in force, with secrets masked (O3). */
import type { Config } from "../config.ts";

/** What is in force, a line a variable, with secrets masked. */
export function describeConfig(config: Config): Record<string, string> {
  const shown = (value: unknown) =>
    value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  const rules = (value: object | "off", none: string) =>
    value === "off" || Object.keys(value).length > 0 ? shown(value) : none;
  const mask = (value: unknown) => value === undefined ? "" : "********";
  const database = config.databaseUrl && URL.parse(config.databaseUrl);
  if (database && database.password) database.password = "********";
  return {
    HOST: config.host,
    PORT: shown(config.port),
    ENCODER_PORT: shown(config.encoderPort),
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
    ENCRYPTION_KEY_PREVIOUS: mask(config.encryptionKeyPrevious),
    MEDIA_URL_SECONDS: shown(config.mediaUrlSeconds),
    TRUSTED_PROXIES: config.trustedProxies.join(",") || "none",
    RATE_LIMITS: rules(config.rateLimits, "defaults"),
    REGISTRATION: config.registrationIsSet
      ? config.registration
      : `as chosen at /admin/site, else ${config.registration}`,
    CORS_ORIGINS: config.corsOrigins.join(","),
    LOG_LEVEL: config.logLevel,
    LOG_FORMAT: config.logFormat ?? "pretty on a terminal, else json",
    METRICS_PORT: config.metricsPort === undefined ? "off" : shown(config.metricsPort),
    METRICS_TOKEN: config.metricsToken ? mask(config.metricsToken) : "loopback only",
    DRAIN_SECONDS: shown(config.drainSeconds),
    TLS_CERT: shown(config.tlsCert),
    TLS_KEY: mask(config.tlsKey),
    FFMPEG: config.ffmpeg ?? "found",
    FFMPEG_STALL_SECONDS: shown(config.ffmpegStallSeconds),
    HLS_FORM: config.hlsForm,
    MIGRATE: config.migrate ? "on" : "off",
    DB_POOL: shown(config.dbPool),
    UPLOAD_MAX_BYTES: shown(config.uploadMaxBytes),
    UPLOAD_MAX_SECONDS: shown(config.uploadMaxSeconds),
    UPLOAD_KEEP_SECONDS: shown(config.uploadKeepSeconds),
    UPLOAD_LIMITS: rules(config.uploadLimits, "none"),
    QUOTA_BYTES: rules(config.quotas, "defaults"),
    ALLOW_UNSAFE_MEDIA: config.allowUnsafeMedia ? "on" : "off",
    DEMO: config.demo ? "on" : "off",
  };
}
