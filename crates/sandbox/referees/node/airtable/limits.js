// Limits, and how the library lives with them.

import { assert, call, refused, test } from '../lib/referee.js';
import { limited, sandbox } from '../lib/sandbox.js';
import { base, filled, someTable } from './client.js';

test('Too many requests are told', async () => {
  const { table } = await someTable();
  await sandbox.fault({ provider: 'airtable', path: '/v0/app*', effect: { kind: 'rate_limited' } });
  await refused(
    'select after a 429',
    () => table.select().all(),
    (error) => {
      assert.equal(error.statusCode, 429);
      assert.equal(error.error, 'TOO_MANY_REQUESTS');
    },
  );
});

test('Too many requests are tried again by the library', async () => {
  const { id } = await filled('Ada');
  const patient = base({ noRetryIfRateLimited: false })(id);
  const { random } = Math;
  // The library waits a random part of five seconds; here it draws nought.
  Math.random = () => 0;
  try {
    await sandbox.fault({ provider: 'airtable', path: '/v0/app*', times: 2, effect: { kind: 'rate_limited' } });
    await call(
      'select after two 429s',
      () => patient.select().all(),
      (records) => assert.equal(records.length, 1),
    );
  } finally {
    Math.random = random;
  }
});

test('The limit of a base is real, and a penalty follows', async () => {
  const { table } = await filled('Ada');
  await limited('airtable', async () => {
    await call(
      'select.all, ten times at once',
      () => Promise.allSettled(Array.from({ length: 10 }, () => table.select().all())),
      (all) => {
        const refusals = all.filter((one) => one.status === 'rejected').map((one) => one.reason);
        // Five in a second.
        assert.equal(refusals.length, 5);
        assert.ok(refusals.every((one) => one.statusCode === 429));
      },
    );
    await sandbox.advance(10_000);
    await refused(
      'select.all within the penalty',
      () => table.select().all(),
      (error) => assert.equal(error.statusCode, 429),
    );
    await sandbox.advance(31_000);
    await call(
      'select.all after the penalty',
      () => table.select().all(),
      (records) => assert.equal(records.length, 1),
    );
  });
});
