// Limits and server errors, and how the library lives with them.

import { assert, call, refused, test } from '../lib/referee.js';
import { limited, sandbox } from '../lib/sandbox.js';
import { notion } from './client.js';

/** A client that tells how many requests it really sends, and does not wait long between them. */
function counting(retry) {
  const sent = { count: 0 };
  const counted = (...given) => {
    sent.count += 1;
    return fetch(...given);
  };
  return { client: notion({ fetch: counted, retry }), sent };
}
const soon = { maxRetries: 2, maxRetryDelayMs: 5 };

test('Too many requests are told with the time to wait', async () => {
  const { client } = counting(false);
  await sandbox.fault({ provider: 'notion', path: '*users*', effect: { kind: 'rate_limited' } });
  await refused(
    'users.list after a 429',
    () => client.users.list({}),
    (error) => {
      assert.equal(error.status, 429);
      assert.equal(error.code, 'rate_limited');
      assert.match(error.headers.get('retry-after'), /^\d+$/);
      assert.equal(error.additional_data.retry_after, error.headers.get('retry-after'));
      assert.match(error.additional_data.rate_limit_reason, /^public_api_/);
    },
  );
});

test('Too many requests are tried again by the library', async () => {
  const { client, sent } = counting(soon);
  await sandbox.fault({ provider: 'notion', path: '*search*', effect: { kind: 'rate_limited' } });
  await call(
    'search after a 429',
    () => client.search({ page_size: 1 }),
    (given) => {
      assert.equal(given.object, 'list');
      assert.equal(sent.count, 2);
    },
  );
});

test('A server error is tried again for a read and not for a write', async () => {
  const read = counting(soon);
  await sandbox.fault({ provider: 'notion', path: '*users*', effect: { kind: 'server_error', status: 500 } });
  await call(
    'users.list after a 500',
    () => read.client.users.list({}),
    (given) => {
      assert.ok(given.results.length > 0);
      assert.equal(read.sent.count, 2);
    },
  );
  const write = counting(soon);
  await sandbox.fault({ provider: 'notion', path: '*search*', effect: { kind: 'server_error', status: 503 } });
  await refused(
    'search after a 503',
    () => write.client.search({}),
    (error) => {
      assert.equal(error.status, 503);
      assert.equal(error.code, 'service_unavailable');
      assert.equal(write.sent.count, 1);
    },
  );
});

test('The limit is real', async () => {
  await limited('notion', async () => {
    const { client } = counting(false);
    await call(
      'users.me, 200 times at once',
      () => Promise.allSettled(Array.from({ length: 200 }, () => client.users.me({}))),
      (all) => {
        const refusals = all.filter((one) => one.status === 'rejected').map((one) => one.reason);
        // 180 in a minute.
        assert.equal(refusals.length, 20);
        assert.ok(refusals.every((one) => one.code === 'rate_limited' && Number(one.headers.get('retry-after')) <= 60));
      },
    );
  });
});
