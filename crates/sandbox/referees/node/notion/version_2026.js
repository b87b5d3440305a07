// The version of 2026: `archived` is gone.

import { assert, call, refused, test } from '../lib/referee.js';
import { nameOf, notion, row, someDatabase } from './client.js';

const newest = () => notion({ notionVersion: '2026-03-11' });

test('In 2026 a data source is read and queried as in 2025', async () => {
  const { database, source } = await someDatabase();
  await row(source, 'Ada');
  await call(
    'databases.retrieve (2026-03-11)',
    () => newest().databases.retrieve({ database_id: database.id }),
    (given) => assert.equal(given.data_sources[0].id, source),
  );
  await call(
    'dataSources.query (2026-03-11)',
    () => newest().dataSources.query({ data_source_id: source }),
    (given) => {
      assert.deepEqual(given.results.map(nameOf), ['Ada']);
      assert.equal(given.results[0].in_trash, false);
    },
  );
});

test('In 2026 the trash is called the trash', async () => {
  const { source } = await someDatabase();
  const page = await row(source, 'Ada');
  await refused(
    'pages.update with archived (2026-03-11)',
    () => newest().pages.update({ page_id: page.id, archived: true }),
    (error) => {
      assert.equal(error.status, 400);
      assert.equal(error.code, 'validation_error');
    },
  );
  await call(
    'pages.update with in_trash (2026-03-11)',
    () => newest().pages.update({ page_id: page.id, in_trash: true }),
    (given) => assert.equal(given.in_trash, true),
  );
});
