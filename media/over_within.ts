/** Whether what is under way is over within `ms` milliseconds, however it ends; it is only waited for. */
export async function overWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), ms);
  const over = () => true;
  try {
    return await Promise.race([work.then(over, over), late]);
  } finally {
    clearTimeout(timer);
  }
}
