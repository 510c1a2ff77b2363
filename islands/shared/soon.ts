/** What cannot be undone waits ten seconds, so that one can think again. */

/** ms; source: the design brief. */
export const THINK_MS = 10_000;

/** Does `act` when the time has passed, or when the page is left; returns how to call it off. */
export function soon(act: () => void): () => void {
  const callOff = () => {
    clearTimeout(timer);
    removeEventListener("pagehide", carryOut);
  };
  const carryOut = () => {
    callOff();
    act();
  };
  const timer = setTimeout(carryOut, THINK_MS);
  // leaving the site is no change of mind
  addEventListener("pagehide", carryOut);
  return callOff;
}
