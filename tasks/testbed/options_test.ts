import { deepEqual, equal, match } from "node:assert/strict";
import { parseWanted } from "./options.ts";

Deno.test("[O5] what a testbed is asked for", () => {
  const usual = { embedded: false, nodes: 2, workers: 1, limits: false };
  deepEqual(parseWanted([]), usual);
  deepEqual(parseWanted(["--nodes", "3", "--workers=2"]), { ...usual, nodes: 3, workers: 2 });
  deepEqual(parseWanted(["--workers=0", "--limits"]), { ...usual, workers: 0, limits: true });
  deepEqual(parseWanted(["--embedded"]), { ...usual, embedded: true, nodes: 1, workers: 0 });
  equal(parseWanted(["--nodes", "3", "--help"]), "help");
});

Deno.test("[O5] what it cannot do is said in words that quote it", () => {
  for (
    const [words, told] of [
      [["--nodes=0"], /--nodes is "0": wanted a number from 1/],
      [["--workers", "many"], /--workers is "many": wanted a number from 0/],
      [["--nodes=1e9"], /--nodes is "1e9"/],
      [["--embedded", "--workers=2"], /leave out --nodes and --workers/],
      [["--clusters"], /--clusters/],
      [["three"], /three/],
    ] as const
  ) {
    const answer = parseWanted(words);
    match(typeof answer === "object" && "wrong" in answer ? answer.wrong : "", told);
  }
});
