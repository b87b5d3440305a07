import { isFullDataSource, isFullPage } from '@notionhq/client';
import { assert, call, test } from '../lib/referee.js';
import { fresh, sandbox } from '../lib/sandbox.js';
import { nameOf, notion, row, someDatabase } from './client.js';

/** Search learns of a change only after a while: simulated time moves on. */
const indexed = () => sandbox.advance(120_000);

test('A page is found by a word of its title', async () => {
  const { source } = await someDatabase();
  const word = fresh('Quixotic');
  const page = await row(source, `The ${word} one`);
  await indexed();
  await call(
    'search for a page',
    () => notion().search({ query: word, filter: { property: 'object', value: 'page' } }),
    (given) => {
      assert.equal(given.object, 'list');
      assert.equal(given.type, 'page_or_data_source');
      assert.deepEqual(
        given.results.map((one) => one.id),
        [page.id],
      );
      assert.ok(isFullPage(given.results[0]));
      assert.equal(nameOf(given.results[0]), `The ${word} one`);
    },
  );
});

test('A data source is found, and pages are left out', async () => {
  const { source } = await someDatabase();
  await row(source, fresh('Somebody '));
  await indexed();
  await call(
    'search for data sources',
    () => notion().search({ filter: { property: 'object', value: 'data_source' } }),
    (given) => {
      assert.ok(given.results.every((one) => one.object === 'data_source'));
      assert.ok(given.results.every(isFullDataSource));
    },
  );
});

test('Everything is found without a wish, the last edited first', async () => {
  const { source } = await someDatabase();
  await row(source, fresh('Somebody '));
  await indexed();
  await call(
    'search without a wish',
    () => notion().search({}),
    (given) => {
      assert.ok(given.results.length > 1);
      const times = given.results.map((one) => one.last_edited_time);
      assert.deepEqual(times, [...times].sort().reverse());
    },
  );
  await call(
    'search, the first edited first',
    () => notion().search({ sort: { timestamp: 'last_edited_time', direction: 'ascending' } }),
    (given) => {
      const times = given.results.map((one) => one.last_edited_time);
      assert.deepEqual(times, [...times].sort());
    },
  );
});

test('Pages of results follow each other', async () => {
  const { source } = await someDatabase();
  for (let count = 0; count < 3; count += 1) await row(source, fresh('Somebody '));
  await indexed();
  const first = await call(
    'search, the first page',
    () => notion().search({ page_size: 2 }),
    (given) => {
      assert.equal(given.results.length, 2);
      assert.equal(given.has_more, true);
      assert.equal(typeof given.next_cursor, 'string');
    },
  );
  await call(
    'search, the second page',
    () => notion().search({ page_size: 2, start_cursor: first.next_cursor }),
    (given) => {
      const before = first.results.map((one) => one.id);
      assert.ok(given.results.length > 0);
      assert.ok(given.results.every((one) => !before.includes(one.id)));
    },
  );
});
