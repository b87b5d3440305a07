import { assert, refused, test } from '../lib/referee.js';
import { sandbox } from '../lib/sandbox.js';
import { base, filled, someTable } from './client.js';

test('A record that is not there is not found', async () => {
  const { table } = await someTable();
  await refused(
    'table.find of an unknown id',
    () => table.find('rec00000000000000'),
    (error) => {
      assert.equal(error.statusCode, 404);
      assert.equal(error.error, 'NOT_FOUND');
    },
  );
});

test('A record that was destroyed is not found', async () => {
  const {
    table,
    rows: [row],
  } = await filled('Ada');
  await table.destroy(row.id);
  await refused(
    'table.find of a destroyed one',
    () => table.find(row.id),
    (error) => assert.equal(error.statusCode, 404),
  );
});

test('A table or a base that is not there is not for us', async () => {
  // Airtable does not tell what is missing from what is forbidden.
  await refused(
    'select from an unknown table',
    () => base()('No such table').select().all(),
    (error) => {
      assert.equal(error.statusCode, 403);
      assert.equal(error.error, 'NOT_AUTHORIZED');
    },
  );
  await refused(
    'select from an unknown base',
    () => base({}, 'app00000000000000')('People').select().all(),
    (error) => {
      assert.equal(error.statusCode, 403);
      assert.equal(error.error, 'NOT_AUTHORIZED');
    },
  );
});

test('A token that Airtable does not know is refused', async () => {
  const { id } = await someTable();
  await refused(
    'select with an unknown token',
    () => base({ apiKey: 'patUnknown0000000.0' })(id).select().all(),
    (error) => {
      assert.equal(error.statusCode, 401);
      assert.equal(error.error, 'AUTHENTICATION_REQUIRED');
    },
  );
});

test('A field that is not there is refused', async () => {
  const { table } = await someTable();
  await refused(
    'table.create with an unknown field',
    () => table.create({ Name: 'Ada', Nonsense: 1 }),
    (error) => {
      assert.equal(error.statusCode, 422);
      assert.ok(error.error && error.message);
    },
  );
});

test('Eleven records are too many', async () => {
  const { table } = await someTable();
  await refused(
    'table.create of eleven',
    () => table.create(Array.from({ length: 11 }, (_, count) => ({ fields: { Name: `Person ${count}` } }))),
    (error) => assert.equal(error.statusCode, 422),
  );
});

test('A page that is none is refused', async () => {
  const { table } = await filled('Ada');
  // The library keeps the offset to itself, so its own request is used.
  await refused(
    'base.makeRequest with an unknown offset',
    () => base().makeRequest({ path: `/${table.name}`, qs: { offset: 'nonsense' } }),
    (error) => {
      assert.equal(error.statusCode, 422);
      assert.match(error.error, /INVALID_OFFSET_VALUE|LIST_RECORDS_ITERATOR_NOT_AVAILABLE/);
    },
  );
});

test('A page from the edge instead of JSON is an error, too', async () => {
  const { table } = await someTable();
  await sandbox.fault({ provider: 'airtable', path: '/v0/app*', effect: { kind: 'html', status: 502 } });
  await refused(
    'select answered with HTML',
    () => table.select().all(),
    (error) => assert.equal(error.statusCode, 502),
  );
});
