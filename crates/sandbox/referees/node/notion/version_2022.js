// The version of 2022: a database is one table, with its columns and its rows.

import { assert, call, refused, test } from '../lib/referee.js';
import { fresh, sandbox } from '../lib/sandbox.js';
import { columns, nameOf, notion, row, someDatabase, text, topPage } from './client.js';

const old = (options) => notion({ notionVersion: '2022-06-28', ...options });
// Today's library has no call for it any more, but its plain request reaches it.
const query = (database_id, body = {}) =>
  old().request({ path: `databases/${database_id}/query`, method: 'post', body });

test('In 2022 a database has the columns itself', async () => {
  const { database } = await someDatabase();
  await call(
    'databases.retrieve (2022-06-28)',
    () => old().databases.retrieve({ database_id: database.id }),
    (given) => {
      assert.equal(given.object, 'database');
      assert.deepEqual(Object.keys(given.properties).sort(), Object.keys(columns).sort());
      assert.ok(!('data_sources' in given));
    },
  );
});

test('In 2022 a database is queried itself', async () => {
  const { database, source } = await someDatabase();
  await row(source, 'Ada', { Score: { number: 1 } });
  await row(source, 'Bob', { Score: { number: 2 } });
  await call(
    'a query (2022-06-28)',
    () => query(database.id),
    (given) => {
      assert.equal(given.type, 'page_or_database');
      assert.deepEqual(given.results.map(nameOf).sort(), ['Ada', 'Bob']);
      assert.deepEqual(given.results[0].parent, { type: 'database_id', database_id: database.id });
    },
  );
  await call(
    'a filtered query (2022-06-28)',
    () => query(database.id, { filter: { property: 'Score', number: { equals: 2 } } }),
    (given) => assert.deepEqual(given.results.map(nameOf), ['Bob']),
  );
  const first = await call(
    'a query in pages (2022-06-28)',
    () => query(database.id, { page_size: 1 }),
    (given) => {
      assert.equal(given.has_more, true);
      assert.equal(given.results.length, 1);
    },
  );
  await call(
    'the next page (2022-06-28)',
    () => query(database.id, { page_size: 1, start_cursor: first.next_cursor }),
    (given) => assert.notEqual(given.results[0].id, first.results[0].id),
  );
});

test("In 2022 a row's parent is the database", async () => {
  const { database } = await someDatabase();
  const made = await call(
    'pages.create (2022-06-28)',
    () =>
      old().pages.create({
        parent: { type: 'database_id', database_id: database.id },
        properties: { Name: { title: text('Ada') } },
      }),
    (given) => assert.deepEqual(given.parent, { type: 'database_id', database_id: database.id }),
  );
  await call(
    'pages.update (2022-06-28)',
    () => old().pages.update({ page_id: made.id, properties: { Score: { number: 3 } } }),
    (given) => assert.equal(given.properties.Score.number, 3),
  );
  await call(
    'pages.update to the trash (2022-06-28)',
    () => old().pages.update({ page_id: made.id, archived: true }),
    (given) => assert.equal(given.archived, true),
  );
  await call(
    'pages.update out of the trash (2022-06-28)',
    () => old().pages.update({ page_id: made.id, archived: false }),
    (given) => assert.equal(given.archived, false),
  );
});

test('In 2022 a database is created with its columns', async () => {
  const parent = await topPage();
  // Today's library would drop `properties`, so the plain request is used.
  await call(
    'a database is created (2022-06-28)',
    () =>
      old().request({
        path: 'databases',
        method: 'post',
        body: { parent: { type: 'page_id', page_id: parent.id }, title: text(fresh('Old ')), properties: columns },
      }),
    (given) => {
      assert.equal(given.object, 'database');
      assert.equal(given.properties.Score.type, 'number');
    },
  );
});

test('In 2022 search finds databases', async () => {
  const { database } = await someDatabase();
  await sandbox.advance(120_000);
  await call(
    'search (2022-06-28)',
    () => old().search({ filter: { property: 'object', value: 'database' }, page_size: 100 }),
    (given) => {
      assert.equal(given.type, 'page_or_database');
      assert.ok(given.results.every((one) => one.object === 'database'));
      assert.ok(given.results.some((one) => one.id === database.id));
    },
  );
});

test('The newer version does not know the old query any more', async () => {
  const { database } = await someDatabase();
  // Which error it is, is not known for certain.
  await refused(
    'a query of a database (2025-09-03)',
    () =>
      notion({ notionVersion: '2025-09-03' }).request({
        path: `databases/${database.id}/query`,
        method: 'post',
        body: {},
      }),
    (error) => assert.ok(error.status >= 400 && error.status < 500),
  );
});
