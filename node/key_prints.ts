/** Whether the nodes of a cluster have the same keys, which each tells by a print of them (O2). */
import type { Bus } from "../actors/runtime/bus.ts";
import type { Config } from "../config.ts";
import { isRejection } from "../domain/errors.ts";
import { derive, jwtKey, siteKey } from "../services/keys.ts";

/** This node's keys are not those of the others; the message says what to do. */
export class KeysDiffer extends Error {
  override readonly name = "KeysDiffer";
}

/** Out of which no key can be found again. */
export interface KeyPrints {
  /** Of the node that has them. */
  readonly node: string;
  readonly jwt: string;
  readonly encryption: string;
  /** Of the key before it, while it is being changed. */
  readonly encryptionPrevious: string | null;
}

const SUBJECT = "cluster.keys";
const ASKED_MS = 2_000;
const encoder = new TextEncoder();

async function printOf(secret: Uint8Array<ArrayBuffer>): Promise<string> {
  const { current } = await derive({ current: secret }, "print");
  return current.toHex().slice(0, 32);
}

export async function keyPrints(config: Config): Promise<KeyPrints> {
  const { dataDir, jwtAlg: algorithm } = config;
  const pem = await jwtKey({ configured: config.jwtPrivateKey, algorithm, dataDir });
  const { current, previous } = await siteKey({
    configured: config.encryptionKey,
    previous: config.encryptionKeyPrevious,
    dataDir,
  });
  return {
    node: config.nodeName,
    jwt: await printOf(encoder.encode(pem.trim())),
    encryption: await printOf(current),
    encryptionPrevious: previous ? await printOf(previous) : null,
  };
}

/**
 * Compares with whichever node answers first, and answers those that come later.
 *
 * @throws {KeysDiffer}
 */
export async function compareKeys(bus: Bus, ours: KeyPrints): Promise<void> {
  const data = encoder.encode(JSON.stringify(ours));
  try {
    const told = await bus.request(SUBJECT, data, { deadlineMs: ASKED_MS });
    demandSame(ours, JSON.parse(new TextDecoder().decode(told)));
  } catch (error) {
    // nobody is there yet, or who is there stands still
    if (!isRejection(error)) throw error;
  }
  bus.serve(SUBJECT, () => data);
}

/** @throws {KeysDiffer} naming the variable, and the node that has another */
export function demandSame(ours: KeyPrints, theirs: KeyPrints): void {
  const changing = [theirs.encryptionPrevious, theirs.encryption].includes(ours.encryption) ||
    ours.encryptionPrevious === theirs.encryption;
  const different = [
    ...ours.jwt === theirs.jwt ? [] : ["JWT_PRIVATE_KEY"],
    ...changing ? [] : ["ENCRYPTION_KEY"],
  ];
  if (different.length === 0) return;
  throw new KeysDiffer(
    `${different.join(" and ")} of this node differ from those of node ${theirs.node}: the nodes ` +
      "of a cluster need the same. Set them as that node has them, or give both one DATA_DIR",
  );
}
