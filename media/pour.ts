/** Pours a stream into a blob that is being written: the same way for every store (U13). */
import { Rejection } from "../domain/errors.ts";

/** What is poured into: the part of a blob's writer that is needed. */
export interface Sink<T> {
  write(chunk: Uint8Array): Promise<void>;
  commit(): Promise<T>;
}

/**
 * Writes all of `data` and commits. A stream that breaks, or that `signal` ends, is
 * `upload_interrupted`; what the sink throws goes on unchanged. Without a commit, nothing is
 * visible: disposing of the sink is its owner's.
 */
export async function pour<T>(
  sink: Sink<T>,
  data: ReadableStream<Uint8Array> | Uint8Array,
  signal?: AbortSignal,
): Promise<T> {
  if (data instanceof Uint8Array) {
    await sink.write(data);
    return await sink.commit();
  }
  const reader = data.getReader();
  // A stalled client must not hold the upload after its signal: cancelling wakes the read.
  const stop = () => void reader.cancel(signal?.reason).catch(() => undefined);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    while (true) {
      // What the stream throws is the client's doing (BadResource, a broken body), not ours.
      const { done, value } = await reader.read().catch((error) => {
        throw error instanceof Rejection ? error : new Rejection("upload_interrupted");
      });
      if (done) break;
      await sink.write(value);
    }
    return await sink.commit();
  } catch (error) {
    await reader.cancel(error).catch(() => undefined);
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    reader.releaseLock();
  }
}
