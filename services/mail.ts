/** Mail: until a server for it is set, each goes as a file into DATA_DIR/outbox (O2). */
import { join } from "node:path";
import { newId } from "./ids.ts";

export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Mailer {
  send(mail: Mail): Promise<void>;
}

/**
 * Writes each mail to `dir` as a message that mail programs open (RFC 5322), named by an id that
 * sorts by time. Only the user that runs the node may read them.
 */
export function outbox({ dir, from }: {
  dir: string;
  /** Whose name and address the mails bear. */
  from: () => { name: string; address: string };
}): Mailer {
  return {
    async send({ to, subject, text }) {
      // loaded when the first mail goes: it brings sockets and ciphers along
      const { createTransport } = await import("nodemailer");
      const composer = createTransport({ streamTransport: true, buffer: true });
      const { message } = await composer.sendMail({ from: from(), to, subject, text });
      if (!(message instanceof Uint8Array)) throw new Error("The message is a stream, not bytes");
      await Deno.mkdir(dir, { recursive: true, mode: 0o700 });
      const path = join(dir, `${newId()}.eml`);
      await Deno.writeFile(`${path}.part`, message, { createNew: true, mode: 0o600 });
      await Deno.rename(`${path}.part`, path);
    },
  };
}
