import { assert, call, test } from '../lib/referee.js';
import { filled, names, someTable } from './client.js';

const many = (number) => Array.from({ length: number }, (_, count) => `Person ${String(count).padStart(3, '0')}`);
const byName = [{ field: 'Name', direction: 'asc' }];

test('A table is read page by page', async () => {
  const { table } = await filled(...many(7));
  await call(
    'select.firstPage',
    () => table.select({ pageSize: 3 }).firstPage(),
    (records) => assert.equal(records.length, 3),
  );
  await call(
    'select.eachPage',
    async () => {
      const pages = [];
      await table.select({ pageSize: 3, sort: byName }).eachPage((records, next) => {
        pages.push(names(records));
        next();
      });
      return pages;
    },
    (pages) => {
      assert.deepEqual(
        pages.map((page) => page.length),
        [3, 3, 1],
      );
      assert.deepEqual(pages.flat(), many(7));
    },
  );
  await call(
    'select.all',
    () => table.select({ pageSize: 2 }).all(),
    (records) => assert.deepEqual(names(records).sort(), many(7)),
  );
});

test('A page holds a hundred records', async () => {
  const { table } = await filled(...many(105));
  await call(
    'select.firstPage of many',
    () => table.select().firstPage(),
    (records) => assert.equal(records.length, 100),
  );
  await call(
    'select.all of many',
    () => table.select().all(),
    (records) => assert.equal(new Set(records.map((one) => one.id)).size, 105),
  );
});

test('No more records come than are asked for', async () => {
  const { table } = await filled(...many(7));
  await call(
    'select with maxRecords',
    () => table.select({ maxRecords: 5, pageSize: 2 }).all(),
    (records) => assert.equal(records.length, 5),
  );
});

test('Records are sorted by one field and then by another', async () => {
  const { table } = await someTable();
  await table.create([
    { fields: { Name: 'Bob', Score: 1 } },
    { fields: { Name: 'Ada', Score: 1 } },
    { fields: { Name: 'Cyd', Score: 2 } },
  ]);
  await call(
    'select sorted by two fields',
    () =>
      table
        .select({
          sort: [
            { field: 'Score', direction: 'desc' },
            { field: 'Name', direction: 'asc' },
          ],
        })
        .all(),
    (records) => assert.deepEqual(names(records), ['Cyd', 'Ada', 'Bob']),
  );
});

test('Only the fields asked for come', async () => {
  const { table, fields } = await someTable();
  await table.create({ Name: 'Ada', Score: 1, Notes: 'tall' });
  await call(
    'select with fields',
    () => table.select({ fields: ['Name', 'Score'] }).all(),
    ([record]) => assert.deepEqual(record.fields, { Name: 'Ada', Score: 1 }),
  );
  await call(
    'select with fields by id',
    () => table.select({ fields: [fields.Notes] }).all(),
    ([record]) => assert.deepEqual(record.fields, { Notes: 'tall' }),
  );
  await call(
    'select with returnFieldsByFieldId',
    () => table.select({ returnFieldsByFieldId: true }).all(),
    ([record]) => assert.deepEqual(record.fields, { [fields.Name]: 'Ada', [fields.Score]: 1, [fields.Notes]: 'tall' }),
  );
});

test('A view shows the table', async () => {
  const { table } = await filled('Ada', 'Bob');
  await call(
    'select in the first view',
    () => table.select({ view: 'Grid view' }).all(),
    (records) => assert.equal(records.length, 2),
  );
});

test('A wish too long for an address is sent in a body', async () => {
  const { table } = await filled('Ada', 'Bob', 'Cyd');
  const filterByFormula = `OR(${Array.from({ length: 900 }, (_, count) => `{Name} = 'Nobody ${count}'`).join(', ')}, {Name} = 'Bob')`;
  await call(
    'select with a very long formula',
    () => table.select({ filterByFormula }).all(),
    (records) => assert.deepEqual(names(records), ['Bob']),
  );
  await call(
    'select by post, in pages',
    () => table.select({ method: 'post', pageSize: 2, sort: byName }).all(),
    (records) => assert.deepEqual(names(records), ['Ada', 'Bob', 'Cyd']),
  );
});

test('Cells come as text when asked for', async () => {
  const { table } = await someTable();
  await table.create({ Name: 'Ada', Score: 1.5, Tags: ['red', 'round'] });
  await call(
    'select with cellFormat string',
    () => table.select({ cellFormat: 'string', timeZone: 'Europe/London', userLocale: 'en-gb' }).all(),
    ([record]) => {
      assert.equal(record.get('Score'), '1.5');
      assert.equal(record.get('Tags'), 'red, round');
    },
  );
});

test('Records tell how many comments they have', async () => {
  const { table } = await filled('Ada');
  await call(
    'select with recordMetadata',
    () => table.select({ recordMetadata: ['commentCount'] }).all(),
    ([record]) => assert.equal(record.commentCount, 0),
  );
});
