/** Checks AWS's signature version 4 of a request, by node:crypto and the published description. */
import { createHash, createHmac } from "node:crypto";

/** A request as it arrived. `body` is needed when its hash is signed. */
export interface Signed {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly body?: Uint8Array;
}

const sha256 = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
const hmac = (key: string | Uint8Array, text: string) =>
  createHmac("sha256", key).update(text).digest();
const encode = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/**
 * What is wrong with the signature of `request` under `secret`; null when nothing is. The
 * signature may be in the Authorization header or in the address.
 */
export function wrongSignature(request: Signed, secret: string): string | null {
  const { method, url, headers, body = new Uint8Array() } = request;
  const inQuery = url.searchParams.get("X-Amz-Signature");
  const header =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/
      .exec(headers.get("authorization") ?? "");
  if (!inQuery && !header) return "it is not signed";
  const [, credential = "", names = "", given = ""] = header ?? [
    "",
    url.searchParams.get("X-Amz-Credential") ?? "",
    url.searchParams.get("X-Amz-SignedHeaders") ?? "",
    inQuery ?? "",
  ];
  const date = inQuery ? url.searchParams.get("X-Amz-Date") : headers.get("x-amz-date");
  const hash = inQuery ? "UNSIGNED-PAYLOAD" : headers.get("x-amz-content-sha256") ?? "";
  if (!inQuery && hash !== sha256(body)) return "the body is not the one that was signed";
  const signed = names.split(";");
  if (!signed.includes("host")) return "the host is not signed";
  for (const name of headers.keys()) {
    if (name.startsWith("x-amz-") && !signed.includes(name)) return `${name} is not signed`;
  }
  const query = [...url.searchParams].filter(([name]) => name !== "X-Amz-Signature")
    .map(([name, value]) => [encode(name), encode(value)] as const)
    .sort(([a], [b]) => a < b ? -1 : 1).map((pair) => pair.join("=")).join("&");
  const [id, day = "", region = "", service = "", end] = credential.split("/");
  if (!id || service !== "s3" || end !== "aws4_request" || !date?.startsWith(day)) {
    return `the credential is ${credential}`;
  }
  const canonical = [
    method,
    url.pathname.split("/").map((part) => encode(decodeURIComponent(part))).join("/"),
    query,
    ...signed.map((name) =>
      `${name}:${(name === "host" ? url.host : headers.get(name) ?? "").trim()}`
    ),
    "",
    names,
    hash,
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", date, [day, region, service, end].join("/"), sha256(canonical)];
  const key = [region, service, "aws4_request"].reduce<Uint8Array>(
    hmac,
    hmac(`AWS4${secret}`, day),
  );
  return hmac(key, text.join("\n")).toString("hex") === given ? null : "the signature is wrong";
}
