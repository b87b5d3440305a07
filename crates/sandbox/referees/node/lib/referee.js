// The little there is of a test runner: tests with sentences for names, and calls that are counted.
//
// A call counts as asserted only if its check ran through with at least one assertion in it. The counts go, with every
// failure, to the file named in REFEREE_RESULTS; scripts/testing/referees.py adds them up.

import plain from 'node:assert/strict';
import { writeFileSync } from 'node:fs';

let assertions = 0;

/** node:assert/strict, counting what is asserted. */
export const assert = new Proxy(plain, {
  get(target, name) {
    const value = target[name];
    if (typeof value !== 'function') return value;
    return (...given) => {
      assertions += 1;
      return value(...given);
    };
  },
});

const tests = [];
const counts = { calls: 0, asserted: 0, failed: 0 };

/** Registers a test. Its name is a sentence. */
export function test(name, body) {
  tests.push({ name, body });
}

/** One call into the library, and the check of what it gave. Returns what it gave. */
export async function call(name, act, check) {
  counts.calls += 1;
  try {
    const given = await act();
    await checked(check, given);
    return given;
  } catch (error) {
    throw blame(name, error);
  }
}

/** One call that the library must turn into an error, and the check of that error. Returns the error. */
export async function refused(name, act, check) {
  counts.calls += 1;
  try {
    let given;
    try {
      given = await act();
    } catch (error) {
      await checked(check, error);
      return error;
    }
    throw new plain.AssertionError({ message: `it should have been refused, but gave ${brief(given)}` });
  } catch (error) {
    throw blame(name, error);
  }
}

async function checked(check, given) {
  const before = assertions;
  await check(given);
  if (assertions === before) throw new Error('this check asserts nothing');
  counts.asserted += 1;
}

function blame(name, error) {
  counts.failed += 1;
  const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return Object.assign(new Error(`${name}: ${why}`), { stack: `${name}: ${why}`, shown: `${name}: ${why}` });
}

/** A value for a message, cut short. */
export function brief(value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text === undefined ? String(value) : text.length > 600 ? `${text.slice(0, 600)}…` : text;
}

/** Runs every registered test, in the order of registration, and ends the process. */
export async function run(library) {
  // A library that never comes back must not hold up the whole run.
  setTimeout(() => {
    console.error(`${library}: not done after ten minutes, given up`);
    process.exit(3);
  }, 600_000).unref();

  const only = process.env.REFEREE_ONLY;
  const failures = [];
  let passed = 0;
  for (const { name, body } of tests) {
    if (only && !name.includes(only)) continue;
    try {
      await body();
      passed += 1;
    } catch (error) {
      const why = error?.shown ?? error?.stack ?? String(error);
      // What fails outside of a call (making ready, cleaning up) fails the test as well.
      if (!error?.shown) counts.failed += 1;
      failures.push({ test: name, why });
      console.log(`not ok  ${name}\n${why.replace(/^/gm, '        ')}`);
    }
  }
  const results = { library, ...counts, tests: passed + failures.length, failures };
  if (process.env.REFEREE_RESULTS) writeFileSync(process.env.REFEREE_RESULTS, JSON.stringify(results));
  console.log(
    `${library}: ${passed} tests passed, ${failures.length} failed; ${counts.calls} calls, ${counts.asserted} asserted`,
  );
  // The libraries keep connections alive; nothing is left to wait for.
  process.exit(failures.length > 0 || counts.failed > 0 ? 1 : 0);
}
