/** A PATCH over a bare connection, so that it can stop, stall or be cut wherever a test wants. */
import { OFFSET_STREAM } from "./tus.ts";

export interface RawPatch extends Disposable {
  /** Sends bytes, or rejects when the other side has closed. */
  send(bytes: Uint8Array): Promise<void>;
  /** The head of the answer as text. */
  answer(): Promise<string>;
  /** Ends the connection at once, whatever is under way. */
  cut(): void;
}

/** Begins a PATCH that announces `length` bytes from `offset` on. */
export async function rawPatch(
  base: string,
  token: string,
  path: string,
  { offset, length }: { offset: number; length: number },
): Promise<RawPatch> {
  const { hostname, port } = new URL(base);
  const connection = await Deno.connect({ hostname, port: Number(port) });
  let open = true;
  const send = async (bytes: Uint8Array) => {
    for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  };
  const cut = () => {
    if (open) connection.close();
    open = false;
  };
  await send(
    new TextEncoder().encode(
      [
        `PATCH ${path} HTTP/1.1`,
        `Host: ${hostname}:${port}`,
        `Authorization: Bearer ${token}`,
        "Tus-Resumable: 1.0.0",
        `Content-Type: ${OFFSET_STREAM}`,
        `Upload-Offset: ${offset}`,
        `Content-Length: ${length}`,
        "Connection: close",
        "",
        "",
      ].join("\r\n"),
    ),
  );
  return {
    send,
    async answer() {
      let text = "";
      const buffer = new Uint8Array(16 * 1024);
      while (!text.includes("\r\n\r\n")) {
        const n = await connection.read(buffer);
        if (n === null) break;
        text += new TextDecoder().decode(buffer.subarray(0, n));
      }
      return text;
    },
    cut,
    [Symbol.dispose]: cut,
  };
}
