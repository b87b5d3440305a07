import { assert, call, refused, test } from '../lib/referee.js';
import { someTable } from './client.js';

test('Empty cells are not there at all', async () => {
  const { table } = await someTable();
  const { id } = await table.create({ Name: 'Ada', Notes: 'tall', Score: 1, Tags: ['red'], Done: true });
  await call(
    'table.update to nothing',
    () => table.update(id, { Notes: '', Score: null, Tags: [], Done: false }),
    (record) => assert.deepEqual(record.fields, { Name: 'Ada' }),
  );
});

test('Each type of cell is written and read back', async () => {
  const { table } = await someTable();
  const wanted = {
    Name: 'Zoë 日本 🙂',
    Notes: 'a\nb',
    Score: 1.5,
    Stage: 'Lead',
    Tags: ['red', 'round'],
    When: '2026-03-04',
    Done: true,
    Mail: 'ada@example.com',
  };
  await call(
    'table.create of every type',
    () => table.create(wanted),
    (record) => assert.deepEqual(record.fields, wanted),
  );
});

test('A list is replaced as a whole', async () => {
  const { table } = await someTable();
  const { id } = await table.create({ Name: 'Ada', Tags: ['red'] });
  await call(
    'table.update of a list',
    () => table.update(id, { Tags: ['round'] }),
    (record) => assert.deepEqual(record.get('Tags'), ['round']),
  );
});

test('A choice that is new is refused, or made when typecast is wished', async () => {
  const { table } = await someTable();
  await refused(
    'table.create with an unknown choice',
    () => table.create({ Name: 'Ada', Stage: 'Partner' }),
    (error) => {
      assert.equal(error.statusCode, 422);
      assert.equal(error.error, 'INVALID_MULTIPLE_CHOICE_OPTIONS');
    },
  );
  await call(
    'table.create with typecast',
    () => table.create([{ fields: { Name: 'Ada', Stage: 'Partner', Score: '12' } }], { typecast: true }),
    ([record]) => {
      assert.equal(record.get('Stage'), 'Partner');
      assert.equal(record.get('Score'), 12);
    },
  );
  await call(
    'table.create with the choice that was made',
    () => table.create({ Name: 'Bob', Stage: 'Partner' }),
    (record) => assert.equal(record.get('Stage'), 'Partner'),
  );
});

test('A value of the wrong type is refused', async () => {
  const { table } = await someTable();
  await refused(
    'table.create with a text for a number',
    () => table.create({ Name: 'Ada', Score: 'many' }),
    (error) => assert.equal(error.statusCode, 422),
  );
});
