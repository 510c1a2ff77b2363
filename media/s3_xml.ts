/** Pure: the XML of S3, read into values and written. */
import { XMLParser } from "fast-xml-parser";
import { z } from "zod";

const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  isArray: (name) => name === "Contents" || name === "Upload",
});

/** The elements of a document; nothing for what is no XML, such as a proxy's page. */
function read(text: string): unknown {
  try {
    return parser.parse(text.trim());
  } catch {
    return {}; // told by the caller, who has the status
  }
}

const Failure = z.object({ Code: z.string(), Message: z.string().default("") });
const Root = z.object({ Error: Failure });

/** Code and message of an error document; empty when `text` is none. */
export function readError(text: string): { readonly code: string; readonly message: string } {
  const found = Root.safeParse(read(text));
  if (!found.success) return { code: "", message: "" };
  return { code: found.data.Error.Code, message: found.data.Error.Message };
}

const Started = z.object({ InitiateMultipartUploadResult: z.object({ UploadId: z.string() }) });

/** The id of an upload that was begun. */
export const readUploadId = (text: string): string =>
  Started.parse(read(text)).InitiateMultipartUploadResult.UploadId;

const Listing = z.object({
  // an empty element is an empty string
  ListBucketResult: z.object({
    IsTruncated: z.string().default("false"),
    Contents: z.array(z.object({ Key: z.string() })).default([]),
  }),
});

/** A page of keys, and whether there are more. */
export function readPage(text: string): { readonly keys: string[]; readonly more: boolean } {
  const { IsTruncated, Contents } = Listing.parse(read(text)).ListBucketResult;
  return { keys: Contents.map(({ Key }) => Key), more: IsTruncated === "true" };
}

const Uploads = z.object({
  ListMultipartUploadsResult: z.object({
    IsTruncated: z.string().default("false"),
    Upload: z.array(z.object({ Key: z.string(), UploadId: z.string(), Initiated: z.string() }))
      .default([]),
  }),
});

/** An upload that was begun and neither completed nor ended. */
export interface OpenUpload {
  readonly key: string;
  readonly id: string;
  readonly begun: Date;
}

/** A page of open uploads, and whether there are more. */
export function readUploads(text: string): { readonly uploads: OpenUpload[]; more: boolean } {
  const { IsTruncated, Upload } = Uploads.parse(read(text)).ListMultipartUploadsResult;
  const uploads = Upload.map(({ Key, UploadId, Initiated }) => ({
    key: Key,
    id: UploadId,
    begun: new Date(Initiated),
  }));
  return { uploads, more: IsTruncated === "true" };
}

const Deleted = z.object({
  DeleteResult: z.union([
    z.string(),
    z.object({ Error: z.union([Failure, z.array(Failure)]).optional() }),
  ]),
});

/** The first thing that went wrong in a batch delete; null when nothing did. */
export function readDeleteError(text: string): string | null {
  const result = Deleted.parse(read(text)).DeleteResult;
  if (typeof result === "string" || !result.Error) return null;
  const first = Array.isArray(result.Error) ? result.Error[0] : result.Error;
  return first ? `${first.Code} ${first.Message}`.trim() : null;
}

const escape = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Completes an upload of these parts, by their entity tags in order. */
export const partsXml = (etags: readonly string[]): string =>
  `<CompleteMultipartUpload>${
    etags.map((etag, at) =>
      `<Part><PartNumber>${at + 1}</PartNumber><ETag>${escape(etag)}</ETag></Part>`
    ).join("")
  }</CompleteMultipartUpload>`;

/** Deletes these keys; only what goes wrong is answered. */
export const deleteXml = (keys: readonly string[]): string =>
  `<Delete><Quiet>true</Quiet>${
    keys.map((key) => `<Object><Key>${escape(key)}</Key></Object>`).join("")
  }</Delete>`;
