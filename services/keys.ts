/** The site's own keys: from the environment, or made once in DATA_DIR (O2, O3). */
import { type JwtAlgorithm, newPrivateKey } from "./tokens.ts";

/** The signing key as PKCS #8 PEM. Two first starts at once agree on one: the first link wins. */
export async function jwtKey(
  { configured, algorithm, dataDir }: {
    configured: string | undefined;
    algorithm: JwtAlgorithm;
    dataDir: string;
  },
): Promise<string> {
  // one line with \n is how a PEM survives most places where environments are written down
  if (configured) return configured.replaceAll("\\n", "\n");
  const dir = `${dataDir}/keys`;
  const path = `${dir}/jwt-${algorithm.toLowerCase()}.pem`;
  const made = await readIfThere(path);
  if (made) return made;
  await Deno.mkdir(dir, { recursive: true, mode: 0o700 });
  const temporary = `${path}.${crypto.randomUUID()}`;
  {
    using file = await Deno.open(temporary, { createNew: true, write: true, mode: 0o600 });
    await file.write(new TextEncoder().encode(await newPrivateKey(algorithm)));
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
