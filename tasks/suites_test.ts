/** Tests of how the test task counts. */
import assert from "node:assert/strict";
import { conclude, corrected, readReport } from "./suites.ts";
import { parseOptions } from "./test.ts";

const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="6" failures="2" errors="0" time="0.120">
    <testsuite name="./a_test.ts" tests="4" disabled="2" errors="0" failures="1">
        <testcase name="a &lt;b&gt; &amp; &quot;c&quot;" classname="./a_test.ts" time="0.000" line="1" col="6">
        </testcase>
        <testcase name="ignored" classname="./a_test.ts" time="0.000" line="1" col="49">
            <skipped/>
        </testcase>
        <testcase name="filtered out" classname="./a_test.ts" line="1" col="83">
            <skipped/>
        </testcase>
        <testcase name="steps &gt; two" classname="./a_test.ts" time="0.000" line="1" col="151">
            <failure message="Uncaught Error: x
file &lt;y&gt;">Error: x</failure>
        </testcase>
    </testsuite>
    <testsuite name="./b_test.ts" tests="0" disabled="0" errors="0" failures="0">
    </testsuite>
</testsuites>
`;

Deno.test("[O1] a report is counted: passed, failed by name, skipped; filtered out is neither", () => {
  assert.deepEqual(readReport(REPORT), [
    { file: "a_test.ts", passed: 1, failed: ["a_test.ts: steps > two"], skipped: 1 },
    { file: "b_test.ts", passed: 0, failed: [], skipped: 0 },
  ]);
});

Deno.test("[O1] the last line is the sum, and any failure is exit code 1", () => {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line = "") => lines.push(line);
  try {
    const good = { name: "unit", passed: 3, failed: [], skipped: 0, ms: 1 };
    assert.equal(conclude([good]), 0);
    assert.equal(lines.at(-1), "3 passed, 0 failed");
    assert.equal(conclude([good, { ...good, name: "fmt", passed: 0, failed: ["fmt"] }]), 1);
    assert.equal(lines.at(-1), "3 passed, 1 failed");
    assert.equal(conclude([{ ...good, skipped: 2 }]), 0);
    assert.equal(lines.at(-1), "3 passed, 0 failed, 2 skipped");
  } finally {
    console.log = log;
  }
});

Deno.test("[O1] what failed beside others and passes alone counts, and is told; what fails again has failed", () => {
  const first = {
    ...{ name: "flows", passed: 7, skipped: 0, ms: 5 },
    failed: ["a_test.ts: slow", "a_test.ts: broken", "b_test.ts: slow"],
  };
  const again = { name: "flows", passed: 2, failed: ["a_test.ts: broken"], skipped: 0, ms: 3 };
  assert.deepEqual(corrected(first, "a_test.ts", again), {
    ...{ name: "flows", passed: 8, skipped: 0, ms: 8 },
    failed: ["b_test.ts: slow", "a_test.ts: broken"],
    mended: ["a_test.ts: slow"],
  });
  const silent = { ...first, failed: ["c_test.ts: did not load, or has no test"] };
  const { passed, failed, mended } = corrected(silent, "c_test.ts", { ...again, failed: [] });
  assert.deepEqual([passed, failed, mended], [9, [], silent.failed]);
  const lines: string[] = [];
  const { log } = console;
  console.log = (line = "") => lines.push(line);
  try {
    assert.equal(conclude([{ ...silent, passed, failed, mended }]), 0);
  } finally {
    console.log = log;
  }
  assert.match(lines.join("\n"), /run again, alone:\n {2}c_test\.ts/);
  assert.equal(lines.at(-1), "9 passed, 0 failed");
});

Deno.test("[O1] the test task's words are understood or refused", () => {
  assert.deepEqual(parseOptions([]), { fast: false, gate: false, yes: false, filter: undefined });
  assert.equal(parseOptions(["--filter", "[C4]", "--fast"])?.filter, "[C4]");
  assert.equal(parseOptions(["--filter=a"])?.filter, "a");
  assert.equal(parseOptions(["--filter"]), undefined);
  assert.equal(parseOptions(["--quick"]), undefined);
});
