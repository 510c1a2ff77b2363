/** The checker of signatures agrees with AWS's published examples, and so does the signer. */
import assert from "node:assert/strict";
import { AwsV4Signer } from "aws4fetch";
import { wrongSignature } from "./sigv4.ts";

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
const ID = "AKIAIOSFODNN7EXAMPLE";
const SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
const CREDENTIAL = `${ID}/20130524/us-east-1/s3/aws4_request`;
const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const HOST = "https://examplebucket.s3.amazonaws.com";
const PUT_BODY = new TextEncoder().encode("Welcome to Amazon S3.");
const PUT_HASH = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";

interface Example {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  readonly names: string;
  readonly signature: string;
}

const EXAMPLES: readonly Example[] = [
  {
    method: "GET",
    url: `${HOST}/test.txt`,
    headers: { range: "bytes=0-9", "x-amz-content-sha256": EMPTY },
    names: "host;range;x-amz-content-sha256;x-amz-date",
    signature: "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
  },
  {
    method: "PUT",
    url: `${HOST}/test%24file.text`,
    headers: {
      date: "Fri, 24 May 2013 00:00:00 GMT",
      "x-amz-storage-class": "REDUCED_REDUNDANCY",
      "x-amz-content-sha256": PUT_HASH,
    },
    body: PUT_BODY,
    names: "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
    signature: "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
  },
  {
    method: "GET",
    url: `${HOST}/?lifecycle`,
    headers: { "x-amz-content-sha256": EMPTY },
    names: "host;x-amz-content-sha256;x-amz-date",
    signature: "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
  },
  {
    method: "GET",
    url: `${HOST}/?max-keys=2&prefix=J`,
    headers: { "x-amz-content-sha256": EMPTY },
    names: "host;x-amz-content-sha256;x-amz-date",
    signature: "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
  },
];
const PRESIGNED = "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404";

Deno.test("[U13] the checker of signatures passes AWS's examples and nothing near them", () => {
  for (const { method, url, headers, names, signature, body } of EXAMPLES) {
    const request = {
      method,
      url: new URL(url),
      headers: new Headers({
        ...headers,
        "x-amz-date": "20130524T000000Z",
        authorization:
          `AWS4-HMAC-SHA256 Credential=${CREDENTIAL},SignedHeaders=${names},Signature=${signature}`,
      }),
      ...body && { body },
    };
    assert.equal(wrongSignature(request, SECRET), null, url);
    assert.ok(wrongSignature({ ...request, method: "DELETE" }, SECRET));
    assert.ok(wrongSignature({ ...request, url: new URL(`${url}x`) }, SECRET));
    assert.ok(wrongSignature({ ...request, body: new Uint8Array(3) }, SECRET));
    assert.ok(wrongSignature(request, "another secret"));
    request.headers.set("x-amz-acl", "public-read");
    assert.equal(wrongSignature(request, SECRET), "x-amz-acl is not signed");
  }
});

Deno.test("[U13] the signer makes AWS's examples", async () => {
  const common = {
    accessKeyId: ID,
    secretAccessKey: SECRET,
    region: "us-east-1",
    service: "s3",
    datetime: "20130524T000000Z",
    allHeaders: true,
  };
  for (const { method, url, headers, names, signature } of EXAMPLES) {
    const signed = await new AwsV4Signer({ ...common, method, url, headers }).sign();
    assert.equal(
      signed.headers.get("authorization"),
      `AWS4-HMAC-SHA256 Credential=${CREDENTIAL}, SignedHeaders=${names}, Signature=${signature}`,
    );
  }
  const address = `${HOST}/test.txt?X-Amz-Expires=86400`;
  const { url } = await new AwsV4Signer({ ...common, url: address, signQuery: true }).sign();
  assert.equal(url.searchParams.get("X-Amz-Signature"), PRESIGNED);
  assert.equal(wrongSignature({ method: "GET", url, headers: new Headers() }, SECRET), null);
});
