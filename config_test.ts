import { deepEqual, equal, match, throws } from "node:assert/strict";
import { ConfigError, parseConfig } from "./config.ts";
import { describeConfig } from "./node/settings_shown.ts";

const problems = (environment: Record<string, string>) => {
  try {
    parseConfig(environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems;
  }
};

Deno.test("[O3] an empty environment is a whole configuration", () => {
  const config = parseConfig({});
  deepEqual([config.host, config.port, config.publicUrl, config.dataDir], [
    "127.0.0.1",
    8080,
    "http://127.0.0.1:8080",
    "./data",
  ]);
  equal(config.hlsForm, "fmp4");
  equal(config.registration, "open");
  equal(parseConfig({ PUBLIC_URL: "https://veza.example" }).registration, "approval");
  equal(parseConfig({ PORT: "", DATA_DIR: "" }).port, 8080, "an empty variable is not set");
  equal(parseConfig({}).metricsPort, undefined, "a worker listens on nothing by default");
});

Deno.test("[O3] all that is wrong is told at once, each with variable, value and what was wanted", () => {
  const found = problems({
    PORT: "http",
    ROLES: "web,cook",
    DATABASE_URL: "mysql://x",
    LOG_LEVEL: "loud",
    RATE_LIMITS: "login=five",
    UPLOAD_MAX_BYTES: "-1",
    TLS_CERT: "cert.pem",
  });
  deepEqual(found.map((p) => p.variable).sort(), [
    "DATABASE_URL",
    "LOG_LEVEL",
    "PORT",
    "RATE_LIMITS",
    "ROLES",
    "TLS_CERT",
    "TLS_KEY",
    "UPLOAD_MAX_BYTES",
  ]);
  throws(() => parseConfig({ PORT: "http" }), /PORT is "http": wanted a port from 0 to 65535/);
});

Deno.test("[O3] what would only fail later is told at the start", () => {
  const wrong = (environment: Record<string, string>) =>
    problems(environment).map((p) => p.variable);
  deepEqual(wrong({ TRUSTED_PROXIES: "nginx" }), ["TRUSTED_PROXIES"]);
  deepEqual(wrong({ TRUSTED_PROXIES: "10.0.0.0/8, ::1" }), []);
  deepEqual(wrong({ HOST: "a b" }), ["HOST"]);
  deepEqual(wrong({ RATE_LIMITS: "logn=5/15m" }), ["RATE_LIMITS"]);
  deepEqual(wrong({ RATE_LIMITS: "login=2/0m" }), ["RATE_LIMITS"]);
  deepEqual(wrong({ JWT_PRIVATE_KEY: "abc" }), ["JWT_PRIVATE_KEY"]);
  deepEqual(wrong({ FFMPEG: "/nope/ffmpeg" }), ["FFMPEG"]);
  deepEqual(wrong({ HLS_FORM: "dash" }), ["HLS_FORM"]);
  deepEqual(wrong({ CORS_ORIGINS: "example.org" }), ["CORS_ORIGINS"]);
  equal(parseConfig({ HOST: "::1" }).publicUrl, "http://[::1]:8080");
});

Deno.test("[S4] listening to everybody without a PUBLIC_URL is public, too", () => {
  equal(parseConfig({ HOST: "0.0.0.0" }).registration, "approval");
  equal(parseConfig({ HOST: "0.0.0.0", PUBLIC_URL: "http://localhost:8080" }).registration, "open");
});

Deno.test("[O2] NATS_URL wants DATABASE_URL, in words", () => {
  deepEqual(problems({ NATS_URL: "nats://127.0.0.1:4222" }).map((p) => p.variable), [
    "DATABASE_URL",
  ]);
  equal(
    problems({ NATS_URL: "nats://127.0.0.1:4222", DATABASE_URL: "postgres://127.0.0.1/veza" })
      .length,
    0,
  );
});

const S3 = {
  S3_ENDPOINT: "https://s3.example",
  S3_BUCKET: "veza-media",
  S3_REGION: "eu-west-3",
  S3_ACCESS_KEY_ID: "id",
  S3_SECRET_ACCESS_KEY: "s3s-s3s-s3s",
};

Deno.test("[U13] S3 is set whole or not at all; each missing setting is named", () => {
  equal(parseConfig({}).s3, undefined);
  deepEqual(parseConfig(S3).s3, {
    endpoint: "https://s3.example",
    bucket: "veza-media",
    region: "eu-west-3",
    accessKeyId: "id",
    secretAccessKey: "s3s-s3s-s3s",
    encryption: "AES256",
  });
  for (const name of Object.keys(S3)) {
    deepEqual(problems({ ...S3, [name]: "" }).map((p) => p.variable), [name]);
  }
  equal(problems({ S3_BUCKET: "veza-media" }).length, 4);
  const wrong = { S3_ENDPOINT: "s3.example", S3_BUCKET: "V", S3_REGION: "a b", S3_ENCRYPTION: "x" };
  deepEqual(
    problems({ ...S3, ...wrong }).map((p) => p.variable).sort(),
    Object.keys(wrong).sort(),
  );
});

Deno.test("[U5] CLAMAV_URL is a socket's path or a host with a port", () => {
  equal(parseConfig({}).clamavUrl, undefined);
  for (const good of ["unix:/run/clamav/clamd.ctl", "tcp://clamav:3310", "tcp://[::1]:3310"]) {
    equal(parseConfig({ CLAMAV_URL: good }).clamavUrl, good);
  }
  for (const bad of ["/run/clamd.ctl", "unix:clamd.ctl", "tcp://clamav", "http://clamav:3310"]) {
    deepEqual(problems({ CLAMAV_URL: bad }).map((p) => p.variable), ["CLAMAV_URL"], bad);
  }
});

Deno.test("[O3] what is shown has no secret in it", () => {
  const secrets = {
    JWT_PRIVATE_KEY: "-----BEGIN PRIVATE KEY-----key-key-key-key",
    ENCRYPTION_KEY: `${"enc-".repeat(10)}enc`,
    ENCRYPTION_KEY_PREVIOUS: `${"old-".repeat(10)}old`,
    METRICS_TOKEN: "met-met-met-met-met",
    ...S3,
    DATABASE_URL: "postgres://veza:pass-pass@127.0.0.1/veza",
  };
  const shown = JSON.stringify(describeConfig(parseConfig(secrets)));
  for (const secret of ["key-key", "enc-enc", "old-old", "met-met", "pass-pass", "s3s-s3s"]) {
    equal(shown.includes(secret), false, secret);
  }
  throws(
    () => parseConfig({ METRICS_TOKEN: "short-secret" }),
    (e: Error) => !e.message.includes("short-secret"),
  );
  for (const variable of ["ENCRYPTION_KEY", "ENCRYPTION_KEY_PREVIOUS"]) {
    throws(
      () => parseConfig({ [variable]: "short-secret" }),
      (e: Error) => e.message.includes(variable) && !e.message.includes("short-secret"),
    );
  }
});

Deno.test("[O3] what is shown says where something else decides", () => {
  const shown = describeConfig(parseConfig({}));
  equal(shown.REGISTRATION, "as chosen at /admin/site, else open");
  deepEqual([shown.RATE_LIMITS, shown.UPLOAD_LIMITS, shown.QUOTA_BYTES], [
    "defaults",
    "none",
    "defaults",
  ]);
  equal(describeConfig(parseConfig({ REGISTRATION: "invite" })).REGISTRATION, "invite");
});

Deno.test("[S5] RATE_LIMITS takes off, or rules by name", () => {
  equal(parseConfig({ RATE_LIMITS: "off" }).rateLimits, "off");
  deepEqual(parseConfig({ RATE_LIMITS: "login=50/15m/5, api=9/s" }).rateLimits, {
    login: { limit: 50, windowMs: 900_000, burst: 5 },
    api: { limit: 9, windowMs: 1_000, burst: 0 },
  });
});

Deno.test("[U2] limits by role stay below the ceiling that is there for all", () => {
  const UPLOAD_LIMITS = "user=500MiB/30m,creator=2GiB/2h";
  equal(parseConfig({ UPLOAD_LIMITS }).uploadLimits.user?.maxSeconds, 1_800);
  for (const [name, most] of [["UPLOAD_MAX_BYTES", "1000000000"], ["UPLOAD_MAX_SECONDS", "3600"]]) {
    const found = problems({ UPLOAD_LIMITS, [name!]: most! });
    deepEqual(found.map((p) => p.variable), ["UPLOAD_LIMITS"]);
    match(found[0]?.message ?? "", /creator.*UPLOAD_MAX_BYTES/);
  }
  deepEqual(problems({ QUOTA_BYTES: "user=much" }).map((p) => p.variable), ["QUOTA_BYTES"]);
});
