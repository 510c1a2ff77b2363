/** The site's own keys: from the environment, or made once in DATA_DIR (O2, O3). */
import { Buffer } from "node:buffer";
import { type JwtAlgorithm, newPrivateKey } from "./tokens.ts";

/** The signing key as PKCS #8 PEM. */
export async function jwtKey(
  { configured, algorithm, dataDir }: {
    configured: string | undefined;
    algorithm: JwtAlgorithm;
    dataDir: string;
  },
): Promise<string> {
  // one line with \n is how a PEM survives most places where environments are written down
  if (configured) return configured.replaceAll("\\n", "\n");
  const name = `jwt-${algorithm.toLowerCase()}.pem`;
  return await madeOnce(dataDir, name, () => newPrivateKey(algorithm));
}

/** A key and, while it is being changed, the one before it; 32 bytes each. */
export interface KeyPair {
  readonly current: Uint8Array<ArrayBuffer>;
  readonly previous?: Uint8Array<ArrayBuffer> | undefined;
}

/** The site's secret key, out of which {@linkcode derive} makes one for each use. */
export async function siteKey(
  { configured, previous, dataDir }: {
    /** 32 bytes in base64 or base64url. */
    configured: string | undefined;
    previous: string | undefined;
    dataDir: string;
  },
): Promise<KeyPair> {
  const text = configured ?? await madeOnce(dataDir, "site.key", () => {
    return crypto.getRandomValues(new Uint8Array(32)).toBase64();
  });
  return { current: decoded(text), ...(previous && { previous: decoded(previous) }) };
}

/** Keys for one use; `purpose` keeps those of different uses apart (HKDF, RFC 5869). */
export async function derive({ current, previous }: KeyPair, purpose: string): Promise<KeyPair> {
  const from = async (bytes: Uint8Array<ArrayBuffer>) => {
    const secret = await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveBits"]);
    const info = new TextEncoder().encode(purpose);
    const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
    return new Uint8Array(await crypto.subtle.deriveBits(how, secret, 256));
  };
  return { current: await from(current), ...(previous && { previous: await from(previous) }) };
}

/** Both alphabets of base64. */
const decoded = (text: string) => new Uint8Array(Buffer.from(text.trim(), "base64"));

/** A secret file of `DATA_DIR/keys`. Two first starts at once agree on one: the first link wins. */
async function madeOnce(
  dataDir: string,
  name: string,
  make: () => string | Promise<string>,
): Promise<string> {
  const dir = `${dataDir}/keys`;
  const path = `${dir}/${name}`;
  const made = await readIfThere(path);
  if (made) return made;
  await Deno.mkdir(dir, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${crypto.randomUUID()}`;
  {
    using file = await Deno.open(temporary, { createNew: true, write: true, mode: 0o600 });
    await file.write(new TextEncoder().encode(await make()));
    await file.sync(); // an empty key after a power cut would stop every later start
  }
  try {
    await Deno.link(temporary, path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
  } finally {
    await Deno.remove(temporary);
  }
  return await Deno.readTextFile(path);
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
