/** A private S3 for tests: s3rver behind a door that checks signatures and makes faults. */
import S3rver from "npm:s3rver@3.7.1";
import { type Signed, wrongSignature } from "./sigv4.ts";

/** Answers in the place of the store, or null to let the request through. */
export type Fault = (request: Signed) => Response | null | Promise<Response | null>;

export interface TestS3 extends AsyncDisposable {
  readonly options: {
    readonly endpoint: string;
    readonly bucket: string;
    readonly region: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  };
  /** What arrived, in order, without bodies. */
  readonly seen: Signed[];
  /** Set to make faults. */
  fault: Fault | null;
  /** Uploads that were begun and neither completed nor ended. */
  openUploads(): Promise<string[]>;
}

const BUCKET = "veza";
const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

interface Listing {
  readonly objects: { readonly key: string }[];
  readonly commonPrefixes: string[];
  readonly isTruncated: boolean;
}
interface Wanted {
  readonly prefix?: string;
  readonly maxKeys?: number;
  readonly startAfter?: string;
}

/** What is used of s3rver, which has no types. */
interface Server {
  readonly store: { listObjects(bucket: string, wanted: Wanted): Promise<Listing> };
  readonly httpServer: { closeAllConnections(): void };
  run(): Promise<{ readonly port: number }>;
  close(): Promise<void>;
}

const error = (status: number, code: string) =>
  new Response(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>m</Message></Error>`, {
    status,
    headers: { "content-type": "application/xml" },
  });

/** An S3 in a temporary folder, on a free port, with one empty bucket. */
export async function startS3(): Promise<TestS3> {
  const directory = await Deno.makeTempDir({ prefix: "veza-s3-" });
  const store: Server = new S3rver({
    port: 0,
    address: "127.0.0.1",
    silent: true,
    directory,
    configureBuckets: [{ name: BUCKET, configs: [] }],
    allowMismatchedSignatures: true,
    vhostBuckets: false,
  });
  inOrder(store);
  const { port } = await store.run();
  const uploads = `${directory}/${BUCKET}/._S3rver_uploads`;

  const parts = new Set<Promise<unknown>>();

  async function openUploads(): Promise<string[]> {
    const ids: string[] = [];
    try {
      for await (const { name } of Deno.readDir(uploads)) ids.push(name);
    } catch (reason) {
      if (!(reason instanceof Deno.errors.NotFound)) throw reason;
    }
    return ids;
  }

  /** What s3rver lacks, as AWS describes it: ending an upload, and listing those that are open. */
  async function lacking({ method, url }: Signed): Promise<Response | null> {
    const id = url.searchParams.get("uploadId");
    if (method === "DELETE" && id !== null) {
      if (!(await openUploads()).includes(id)) return error(404, "NoSuchUpload");
      await Promise.all(parts); // s3rver breaks when a part arrives after the end
      await Deno.remove(`${uploads}/${id}`, { recursive: true });
      return new Response(null, { status: 204 });
    }
    if (id !== null && !(await openUploads()).includes(id)) return error(404, "NoSuchUpload");
    if (method !== "GET" || !url.searchParams.has("uploads")) return null;
    const entries = await Promise.all((await openUploads()).map(async (name) => {
      const { mtime } = await Deno.stat(`${uploads}/${name}/key`);
      return `<Upload><Key>${await Deno.readTextFile(`${uploads}/${name}/key`)}</Key>` +
        `<UploadId>${name}</UploadId><Initiated>${mtime?.toISOString()}</Initiated></Upload>`;
    }));
    return new Response(
      `<?xml version="1.0"?><ListMultipartUploadsResult><IsTruncated>false</IsTruncated>${
        entries.join("")
      }</ListMultipartUploadsResult>`,
    );
  }

  const seen: Signed[] = [];
  const test: { fault: Fault | null } = { fault: null };
  const door = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, async (request) => {
    const url = new URL(request.url);
    const { method, headers } = request;
    const body = await request.bytes().catch(() => null);
    if (!body) return error(400, "IncompleteBody"); // its client has gone
    const arrived = { method, url, headers };
    seen.push(arrived);
    if (wrongSignature({ ...arrived, body }, SECRET)) return error(403, "SignatureDoesNotMatch");
    const answer = await test.fault?.({ ...arrived, body }) ?? await lacking(arrived);
    if (answer) return answer;
    const passed = new Headers(headers);
    passed.delete("host");
    const answered = fetch(`http://127.0.0.1:${port}${url.pathname}${url.search}`, {
      method,
      headers: passed,
      ...body.length > 0 && { body },
    });
    if (method === "PUT") {
      parts.add(answered);
      void answered.finally(() => parts.delete(answered));
    }
    return await answered;
  });

  return {
    options: {
      endpoint: `http://127.0.0.1:${door.addr.port}`,
      bucket: BUCKET,
      region: "us-east-1",
      accessKeyId: "S3RVER", // the one it knows
      secretAccessKey: SECRET,
    },
    seen,
    get fault() {
      return test.fault;
    },
    set fault(fault) {
      test.fault = fault;
    },
    openUploads,
    async [Symbol.asyncDispose]() {
      await door.shutdown();
      store.httpServer.closeAllConnections();
      await store.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

/** S3 lists in the order of keys; s3rver in that of the folder, and pages by it. */
function inOrder({ store }: Server): void {
  const list = store.listObjects.bind(store);
  store.listObjects = async (bucket, wanted) => {
    const { maxKeys = 1_000, startAfter = "" } = wanted;
    const all = await list(bucket, { prefix: wanted.prefix ?? "" });
    const keys = all.objects.filter(({ key }) => key > startAfter)
      .sort((a, b) => a.key < b.key ? -1 : 1);
    return { ...all, objects: keys.slice(0, maxKeys), isTruncated: keys.length > maxKeys };
  };
}

/** The settings by which a node keeps its blobs there. */
export const s3Settings = ({ options }: TestS3): Record<string, string> => ({
  S3_ENDPOINT: options.endpoint,
  S3_BUCKET: options.bucket,
  S3_REGION: options.region,
  S3_ACCESS_KEY_ID: options.accessKeyId,
  S3_SECRET_ACCESS_KEY: options.secretAccessKey,
  S3_ENCRYPTION: "off",
});
