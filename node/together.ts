/** What a start does at once, because none of it needs the rest. */

/**
 * What `steps` came to. All have ended before the first failure is thrown: what a step opened is
 * owned by then, and is closed with the rest.
 */
export async function together<T extends readonly unknown[]>(
  ...steps: { [K in keyof T]: Promise<T[K]> }
): Promise<T> {
  await Promise.allSettled(steps);
  return await Promise.all(steps) as unknown as T;
}
