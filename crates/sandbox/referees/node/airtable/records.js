import { assert, call, test } from '../lib/referee.js';
import { base, filled, names, recordId, someTable } from './client.js';

test('A record is created, found and read by field', async () => {
  const { table } = await someTable();
  const made = await call(
    'table.create of one',
    () => table.create({ Name: 'Ada', Score: 36 }),
    (record) => {
      assert.match(record.id, recordId);
      assert.equal(record.get('Name'), 'Ada');
      assert.equal(record.get('Score'), 36);
      assert.match(record._rawJson.createdTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    },
  );
  await call(
    'table.find',
    () => table.find(made.id),
    (record) => {
      assert.equal(record.getId(), made.id);
      assert.deepEqual(record.fields, { Name: 'Ada', Score: 36 });
    },
  );
});

test('Ten records are created at once, in order', async () => {
  const { table } = await someTable();
  const wanted = Array.from({ length: 10 }, (_, count) => `Person ${count}`);
  await call(
    'table.create of ten',
    () => table.create(wanted.map((Name) => ({ fields: { Name } }))),
    (records) => {
      assert.deepEqual(names(records), wanted);
      assert.equal(new Set(records.map((record) => record.id)).size, 10);
    },
  );
});

test('A table may be called by its name', async () => {
  const {
    name,
    rows: [row],
  } = await filled('Ada');
  await call(
    "table.find by the table's name",
    () => base()(name).find(row.id),
    (record) => assert.equal(record.get('Name'), 'Ada'),
  );
});

test('An update keeps what it does not name', async () => {
  const { table } = await someTable();
  const { id } = await table.create({ Name: 'Ada', Score: 1 });
  await call(
    'table.update of one',
    () => table.update(id, { Score: 2 }),
    (record) => assert.deepEqual(record.fields, { Name: 'Ada', Score: 2 }),
  );
  await call(
    'table.update of several',
    () => table.update([{ id, fields: { Notes: 'tall' } }]),
    ([record]) => assert.deepEqual(record.fields, { Name: 'Ada', Score: 2, Notes: 'tall' }),
  );
});

test('A replacement empties what it does not name', async () => {
  const { table } = await someTable();
  const { id } = await table.create({ Name: 'Ada', Score: 1, Notes: 'tall' });
  await call(
    'table.replace of one',
    () => table.replace(id, { Name: 'Ada', Score: 2 }),
    (record) => assert.deepEqual(record.fields, { Name: 'Ada', Score: 2 }),
  );
  await call(
    'table.replace of several',
    () => table.replace([{ id, fields: { Name: 'Grace' } }]),
    ([record]) => assert.deepEqual(record.fields, { Name: 'Grace' }),
  );
});

test('Records are destroyed, one or several', async () => {
  const { table, rows } = await filled('Ada', 'Bob', 'Cyd');
  await call(
    'table.destroy of one',
    () => table.destroy(rows[0].id),
    (record) => assert.equal(record.id, rows[0].id),
  );
  await call(
    'table.destroy of several',
    () => table.destroy([rows[1].id, rows[2].id]),
    (records) =>
      assert.deepEqual(
        records.map((record) => record.id),
        [rows[1].id, rows[2].id],
      ),
  );
  await call(
    'table.select after destroying',
    () => table.select().all(),
    (records) => assert.deepEqual(records, []),
  );
});

test('A record that is at hand changes and fetches itself', async () => {
  const { table } = await someTable();
  const record = await table.create({ Name: 'Ada', Score: 1 });
  await call(
    'record.patchUpdate',
    () => record.patchUpdate({ Score: 2 }),
    (given) => assert.deepEqual(given.fields, { Name: 'Ada', Score: 2 }),
  );
  record.set('Name', 'Grace');
  await call(
    'record.save',
    () => record.save(),
    (given) => assert.equal(given.get('Name'), 'Grace'),
  );
  await call(
    'record.fetch',
    () => record.fetch(),
    (given) => assert.deepEqual(given.fields, { Name: 'Grace', Score: 2 }),
  );
  await call(
    'record.putUpdate',
    () => record.putUpdate({ Name: 'Only' }),
    (given) => assert.deepEqual(given.fields, { Name: 'Only' }),
  );
  await call(
    'record.destroy',
    () => record.destroy(),
    (given) => assert.equal(given.id, record.id),
  );
});

test('An upsert creates what it does not find and updates what it does', async () => {
  const {
    table,
    rows: [ada],
  } = await filled('Ada');
  await call(
    'table.update with performUpsert',
    () =>
      table.update([{ fields: { Name: 'Ada', Score: 9 } }, { fields: { Name: 'Bob', Score: 8 } }], {
        performUpsert: { fieldsToMergeOn: ['Name'] },
      }),
    (records) => {
      assert.deepEqual(names(records), ['Ada', 'Bob']);
      assert.equal(records[0].id, ada.id);
      assert.equal(records[0].get('Score'), 9);
    },
  );
  await call(
    'table.select after the upsert',
    () => table.select().all(),
    (records) => assert.equal(records.length, 2),
  );
});
