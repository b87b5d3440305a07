// Limits and server errors, and how the library lives with them.

import { DEFAULT_LIMITER_OPTIONS } from '@hubspot/api-client';
import { assert, call, refused, test } from '../lib/referee.js';
import { limited, sandbox } from '../lib/sandbox.js';
import { hubspot } from './client.js';

/** A client that tells how many requests it really sends. */
function counting(options) {
  const sent = { count: 0 };
  const client = hubspot({
    ...options,
    middleware: [
      {
        pre: (context) => {
          sent.count += 1;
          return context;
        },
      },
    ],
  });
  return { client, sent };
}

test('A server error is tried again by the library', async () => {
  const { client, sent } = counting({ numberOfApiCallRetries: 3 });
  await sandbox.fault({ provider: 'hubspot', path: '*owners*', effect: { kind: 'server_error', status: 500 } });
  await call(
    'owners.ownersApi.getPage after a 500',
    () => client.crm.owners.ownersApi.getPage(),
    (given) => {
      assert.ok(given.results.length > 0);
      assert.equal(sent.count, 2);
    },
  );
});

test('A server error without retries reaches the caller', async () => {
  const { client, sent } = counting({});
  await sandbox.fault({ provider: 'hubspot', path: '*owners*', effect: { kind: 'server_error', status: 503 } });
  await refused(
    'owners.ownersApi.getPage after a 503',
    () => client.crm.owners.ownersApi.getPage(),
    (error) => {
      assert.equal(error.code, 503);
      assert.equal(sent.count, 1);
    },
  );
});

test('A search that comes too often is tried again by the library after a second', async () => {
  const { client, sent } = counting({ numberOfApiCallRetries: 3 });
  // In these words the library waits one second; in those of the limit for all calls it would wait ten.
  const body = {
    status: 'error',
    message: 'You have reached your secondly limit.',
    errorType: 'RATE_LIMIT',
    policyName: 'SECONDLY',
  };
  await sandbox.fault({ provider: 'hubspot', path: '*contacts/search', effect: { kind: 'status', status: 429, body } });
  await call(
    'contacts.searchApi.doSearch after a 429',
    () => client.crm.contacts.searchApi.doSearch({ limit: 1 }),
    (given) => {
      assert.equal(given.results.length, 1);
      assert.equal(sent.count, 2);
    },
  );
});

test("Too many requests in ten seconds are told in HubSpot's words", async () => {
  const { client } = counting({});
  await sandbox.fault({ provider: 'hubspot', path: '*owners*', effect: { kind: 'rate_limited' } });
  await refused(
    'owners.ownersApi.getPage after a 429',
    () => client.crm.owners.ownersApi.getPage(),
    (error) => {
      assert.equal(error.code, 429);
      assert.equal(error.body.status, 'error');
      assert.equal(error.body.message, 'You have reached your ten_secondly_rolling limit.');
      assert.equal(error.body.errorType, 'RATE_LIMIT');
      assert.equal(error.body.policyName, 'TEN_SECONDLY_ROLLING');
      assert.ok(error.body.correlationId);
    },
  );
});

test('The limit is real, and the answers count down to it', async () => {
  await limited('hubspot', async () => {
    const { client } = counting({});
    const { headers } = await call(
      'contacts.basicApi.getPage under the limit',
      () => client.crm.contacts.basicApi.getPageWithHttpInfo(1),
      (given) => {
        const told = (what) => Number(given.headers[`x-hubspot-ratelimit-${what}`]);
        assert.ok(told('max') >= 100);
        assert.equal(told('remaining'), told('max') - 1);
        assert.equal(told('interval-milliseconds'), 10_000);
      },
    );
    const left = Number(headers['x-hubspot-ratelimit-remaining']);
    await call(
      'contacts.basicApi.getPage, 260 times at once',
      () => Promise.allSettled(Array.from({ length: 260 }, () => client.crm.contacts.basicApi.getPage(1))),
      (all) => {
        const refusals = all.filter((one) => one.status === 'rejected').map((one) => one.reason);
        assert.equal(refusals.length, 260 - left);
        assert.ok(refusals.every((one) => one.code === 429 && one.body.policyName === 'TEN_SECONDLY_ROLLING'));
      },
    );
    await sandbox.advance(10_001);
    await call(
      'contacts.basicApi.getPage ten seconds later',
      () => client.crm.contacts.basicApi.getPage(1),
      (given) => assert.equal(given.results.length, 1),
    );
  });
});

test('Searches have a limit of their own, and no headers that count down', async () => {
  await limited('hubspot', async () => {
    const { client } = counting({});
    await call(
      'contacts.searchApi.doSearch, twelve times at once',
      () =>
        Promise.allSettled(
          Array.from({ length: 12 }, () => client.crm.contacts.searchApi.doSearchWithHttpInfo({ limit: 1 })),
        ),
      (all) => {
        const refusals = all.filter((one) => one.status === 'rejected').map((one) => one.reason);
        // Five in a second.
        assert.equal(refusals.length, 7);
        assert.ok(refusals.every((one) => one.code === 429 && one.body.policyName === 'SECONDLY'));
        const [found] = all.filter((one) => one.status === 'fulfilled').map((one) => one.value);
        assert.equal(found.headers['x-hubspot-ratelimit-remaining'], undefined);
      },
    );
  });
});

test("The library's own limiter keeps a crowd of calls below the limit", async () => {
  await limited('hubspot', async () => {
    const client = hubspot({ limiterOptions: DEFAULT_LIMITER_OPTIONS });
    await call(
      'owners.ownersApi.getPage through the limiter',
      () => Promise.all(Array.from({ length: 10 }, () => client.crm.owners.ownersApi.getPage())),
      (all) => assert.ok(all.every((one) => one.results.length > 0)),
    );
  });
});
