import { assert, call, test } from '../lib/referee.js';
import { nameOf, notion, row, someDatabase } from './client.js';

async function filled() {
  const { source } = await someDatabase();
  const people = [
    [
      'Ada',
      {
        Score: { number: 10 },
        Stage: { select: { name: 'Lead' } },
        Tags: { multi_select: [{ name: 'red' }] },
        When: { date: { start: '2026-01-10' } },
        Mail: { email: 'ada@example.com' },
        Done: { checkbox: true },
      },
    ],
    [
      'Bob',
      {
        Score: { number: 20 },
        Stage: { select: { name: 'Customer' } },
        When: { date: { start: '2026-02-10' } },
        Notes: { rich_text: [{ text: { content: 'tall' } }] },
      },
    ],
    [
      'Cyd',
      {
        Score: { number: 30 },
        Tags: { multi_select: [{ name: 'red' }, { name: 'round' }] },
        Site: { url: 'https://example.com/cyd' },
      },
    ],
  ];
  for (const [name, properties] of people) await row(source, name, properties);
  return { source, find: (query) => () => notion().dataSources.query({ data_source_id: source, ...query }) };
}

const names = (given) => given.results.map(nameOf).sort();

test('Rows are filtered by each type of column', async () => {
  const { find } = await filled();
  const by = (property, condition) => find({ filter: { property, ...condition } });
  const cases = [
    ['title equals', by('Name', { title: { equals: 'Bob' } }), ['Bob']],
    ['title contains', by('Name', { title: { contains: 'd' } }), ['Ada', 'Cyd']],
    ['title starts with', by('Name', { title: { starts_with: 'C' } }), ['Cyd']],
    ['rich text contains', by('Notes', { rich_text: { contains: 'tall' } }), ['Bob']],
    ['number greater than', by('Score', { number: { greater_than: 10 } }), ['Bob', 'Cyd']],
    ['number at most', by('Score', { number: { less_than_or_equal_to: 20 } }), ['Ada', 'Bob']],
    ['select equals', by('Stage', { select: { equals: 'Lead' } }), ['Ada']],
    ['select is empty', by('Stage', { select: { is_empty: true } }), ['Cyd']],
    ['multi-select contains', by('Tags', { multi_select: { contains: 'red' } }), ['Ada', 'Cyd']],
    ['multi-select does not contain', by('Tags', { multi_select: { does_not_contain: 'round' } }), ['Ada', 'Bob']],
    ['date on or after', by('When', { date: { on_or_after: '2026-02-01' } }), ['Bob']],
    ['date before', by('When', { date: { before: '2026-02-01' } }), ['Ada']],
    ['date is not empty', by('When', { date: { is_not_empty: true } }), ['Ada', 'Bob']],
    ['checkbox equals', by('Done', { checkbox: { equals: true } }), ['Ada']],
    ['email ends with', by('Mail', { email: { ends_with: 'example.com' } }), ['Ada']],
    ['url is not empty', by('Site', { url: { is_not_empty: true } }), ['Cyd']],
  ];
  for (const [what, act, wanted] of cases) {
    await call(`dataSources.query by ${what}`, act, (given) => assert.deepEqual(names(given), wanted));
  }
});

test('Filters are combined with and, with or, and within each other', async () => {
  const { find } = await filled();
  const score = (condition) => ({ property: 'Score', number: condition });
  await call(
    'dataSources.query with and',
    find({ filter: { and: [score({ greater_than: 10 }), score({ less_than: 30 })] } }),
    (given) => assert.deepEqual(names(given), ['Bob']),
  );
  await call(
    'dataSources.query with or',
    find({ filter: { or: [score({ equals: 10 }), score({ equals: 30 })] } }),
    (given) => assert.deepEqual(names(given), ['Ada', 'Cyd']),
  );
  await call(
    'dataSources.query with or within and',
    find({
      filter: {
        and: [
          { property: 'Tags', multi_select: { contains: 'red' } },
          { or: [score({ equals: 10 }), score({ equals: 20 })] },
        ],
      },
    }),
    (given) => assert.deepEqual(names(given), ['Ada']),
  );
});

test('Rows are filtered by the time of their last edit', async () => {
  const { find } = await filled();
  await call(
    'dataSources.query edited since',
    find({ filter: { timestamp: 'last_edited_time', last_edited_time: { on_or_after: '2020-01-01' } } }),
    (given) => assert.equal(given.results.length, 3),
  );
  await call(
    'dataSources.query edited before',
    find({ filter: { timestamp: 'last_edited_time', last_edited_time: { before: '2020-01-01' } } }),
    (given) => assert.equal(given.results.length, 0),
  );
});

test('Rows are sorted by a column or by a time', async () => {
  const { find } = await filled();
  const order = (given) => given.results.map(nameOf);
  await call(
    'dataSources.query sorted downwards',
    find({ sorts: [{ property: 'Score', direction: 'descending' }] }),
    (given) => assert.deepEqual(order(given), ['Cyd', 'Bob', 'Ada']),
  );
  await call(
    'dataSources.query sorted by title',
    find({ sorts: [{ property: 'Name', direction: 'ascending' }] }),
    (given) => assert.deepEqual(order(given), ['Ada', 'Bob', 'Cyd']),
  );
  await call(
    'dataSources.query sorted by creation',
    find({ sorts: [{ timestamp: 'created_time', direction: 'ascending' }] }),
    (given) => {
      const times = given.results.map((one) => one.created_time);
      assert.deepEqual(times, [...times].sort());
    },
  );
});
