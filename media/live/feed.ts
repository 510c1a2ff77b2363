/** A stream of bytes that never waits: what nobody takes in time is refused. */
import { Rejection } from "../../domain/errors.ts";

export interface Feed {
  readonly stream: ReadableStream<Uint8Array<ArrayBuffer>>;
  /** False where it does not fit, or nobody reads any more; then it is left out. */
  push(bytes: Uint8Array): boolean;
  /** What waits to be read, in bytes; 0 once it is closed. */
  waiting(): number;
  /** No more comes; what waits is still read. Again is no error. */
  close(): void;
  /** Throws away what waits: the reader is told `slow_reader` instead. */
  cut(): void;
}

/** @param most bytes that may wait; `left` is called once when the reader goes before the end */
export function feed(most: number, left: () => void = () => {}): Feed {
  let controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>>;
  let open = true;
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start: (given) => void (controller = given),
    cancel() {
      if (!open) return;
      open = false;
      left();
    },
  }, new ByteLengthQueuingStrategy({ highWaterMark: most }));
  return {
    stream,
    push(bytes) {
      if (!open || (controller.desiredSize ?? 0) < bytes.length) return false;
      controller.enqueue(bytes as Uint8Array<ArrayBuffer>);
      return true;
    },
    waiting: () => open ? most - (controller.desiredSize ?? most) : 0,
    close() {
      if (open) controller.close();
      open = false;
    },
    cut() {
      open = false;
      controller.error(new Rejection("slow_reader"));
    },
  };
}
