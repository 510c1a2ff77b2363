/** Ends the sockets of a session that was revoked, within the 5 s that S1 gives. */

/** They are looked at this often, in ms. */
const LOOK_MS = 4_000;

export interface EndedSessionsOptions<Line> {
  /** All that are open. */
  readonly lines: () => Iterable<Line>;
  /** Those of these sessions that live. */
  readonly living: (sessionIds: readonly string[]) => Promise<ReadonlySet<string>>;
  readonly end: (line: Line) => void;
  readonly onError: (error: unknown) => void;
}

/** Looks until it is disposed of. A line without a session is nobody's, and stays. */
export function endedSessions<Line extends { readonly sessionId: string | null }>(
  { lines, living, end, onError }: EndedSessionsOptions<Line>,
): Disposable {
  const look = async () => {
    const all = [...lines()];
    const ids = new Set(all.map(({ sessionId }) => sessionId).filter((id) => id !== null));
    if (ids.size === 0) return;
    const alive = await living([...ids]);
    for (const line of all) {
      if (line.sessionId !== null && !alive.has(line.sessionId)) end(line);
    }
  };
  const timer = setInterval(() => void look().catch(onError), LOOK_MS);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
