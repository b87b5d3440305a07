import { isFullDatabase } from '@notionhq/client';
import { assert, call, refused, test } from '../lib/referee.js';
import { fresh } from '../lib/sandbox.js';
import { columns, notion, someDatabase, text, topPage, unknownId, uuid } from './client.js';

test('A database is created with its first data source', async () => {
  const parent = await topPage();
  const title = fresh('Customers ');
  const made = await call(
    'databases.create',
    () =>
      notion().databases.create({
        parent: { type: 'page_id', page_id: parent.id },
        title: text(title),
        initial_data_source: { properties: columns },
      }),
    (given) => {
      assert.equal(given.object, 'database');
      assert.match(given.id, uuid);
      assert.equal(given.title[0].plain_text, title);
      assert.equal(given.data_sources.length, 1);
      assert.match(given.data_sources[0].id, uuid);
      assert.ok(!('properties' in given), 'a database has no properties of its own any more');
      assert.equal(given.in_trash, false);
    },
  );
  await call(
    'databases.retrieve',
    () => notion().databases.retrieve({ database_id: made.id }),
    (given) => {
      assert.ok(isFullDatabase(given));
      assert.equal(given.parent.type, 'page_id');
      assert.equal(given.parent.page_id, parent.id);
      assert.equal(given.data_sources[0].id, made.data_sources[0].id);
      assert.equal(typeof given.url, 'string');
      assert.equal(given.is_inline, false);
    },
  );
  await call(
    'databases.retrieve by an id without dashes',
    () => notion().databases.retrieve({ database_id: made.id.replaceAll('-', '') }),
    (given) => assert.equal(given.id, made.id),
  );
});

test('A database is renamed and thrown away', async () => {
  const { database } = await someDatabase();
  const title = fresh('Renamed ');
  await call(
    'databases.update of the title',
    () => notion().databases.update({ database_id: database.id, title: text(title) }),
    (given) => assert.equal(given.title[0].plain_text, title),
  );
  await call(
    'databases.update to the trash',
    () => notion().databases.update({ database_id: database.id, in_trash: true }),
    (given) => assert.equal(given.in_trash, true),
  );
});

test('A database that is not there is not found', async () => {
  await refused(
    'databases.retrieve of an unknown id',
    () => notion().databases.retrieve({ database_id: unknownId }),
    (error) => {
      assert.equal(error.status, 404);
      assert.equal(error.code, 'object_not_found');
      assert.match(error.message, new RegExp(`^Could not find database with ID: ${unknownId}`));
    },
  );
});
