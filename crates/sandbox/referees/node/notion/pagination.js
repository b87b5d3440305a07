import { collectAllDataSourceRows, collectPaginatedAPI, isFullPage, iteratePaginatedAPI } from '@notionhq/client';
import { assert, call, test } from '../lib/referee.js';
import { nameOf, notion, row, someDatabase } from './client.js';

async function rows(number) {
  const { source } = await someDatabase();
  for (let count = 0; count < number; count += 1) await row(source, `Row ${count}`);
  return source;
}

test('A query goes on from its cursor', async () => {
  const data_source_id = await rows(5);
  const first = await call(
    'dataSources.query, the first page',
    () => notion().dataSources.query({ data_source_id, page_size: 2 }),
    (given) => {
      assert.equal(given.results.length, 2);
      assert.equal(given.has_more, true);
      assert.equal(typeof given.next_cursor, 'string');
    },
  );
  await call(
    'dataSources.query, the next page',
    () => notion().dataSources.query({ data_source_id, page_size: 2, start_cursor: first.next_cursor }),
    (given) => {
      assert.equal(given.results.length, 2);
      assert.ok(given.results.every((one) => !first.results.some((before) => before.id === one.id)));
    },
  );
});

test("The library's helpers see every row once", async () => {
  const data_source_id = await rows(5);
  const wanted = [0, 1, 2, 3, 4].map((count) => `Row ${count}`);
  await call(
    'collectPaginatedAPI',
    () => collectPaginatedAPI(notion().dataSources.query, { data_source_id, page_size: 2 }),
    (all) => {
      assert.ok(all.every(isFullPage));
      assert.deepEqual(all.map(nameOf).sort(), wanted);
    },
  );
  await call(
    'iteratePaginatedAPI',
    async () => {
      const seen = [];
      for await (const one of iteratePaginatedAPI(notion().dataSources.query, { data_source_id, page_size: 3 }))
        seen.push(nameOf(one));
      return seen;
    },
    (seen) => assert.deepEqual(seen.sort(), wanted),
  );
  await call(
    'collectAllDataSourceRows',
    () => collectAllDataSourceRows(notion(), { data_source_id, page_size: 2 }),
    (all) => assert.deepEqual(all.map(nameOf).sort(), wanted),
  );
});

test('A hundred rows fit on a page', async () => {
  const data_source_id = await rows(101);
  await call(
    'dataSources.query of 101 rows',
    () => notion().dataSources.query({ data_source_id }),
    (given) => {
      assert.equal(given.results.length, 100);
      assert.equal(given.has_more, true);
    },
  );
});
