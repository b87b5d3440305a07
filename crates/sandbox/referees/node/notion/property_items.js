import { collectPaginatedAPI } from '@notionhq/client';
import { assert, call, test } from '../lib/referee.js';
import { notion, row, someDatabase } from './client.js';

test('A single value is an item of its own', async () => {
  const { source } = await someDatabase();
  const page = await row(source, 'Ada', { Score: { number: 7 } });
  await call(
    'pages.properties.retrieve of a number',
    () => notion().pages.properties.retrieve({ page_id: page.id, property_id: page.properties.Score.id }),
    (given) => {
      assert.equal(given.object, 'property_item');
      assert.equal(given.type, 'number');
      assert.equal(given.number, 7);
      assert.equal(given.id, page.properties.Score.id);
    },
  );
});

test('A title is a list of items with one part each', async () => {
  const { source } = await someDatabase();
  const page = await row(source, 'Ada');
  await call(
    'pages.properties.retrieve of the title',
    () => notion().pages.properties.retrieve({ page_id: page.id, property_id: page.properties.Name.id }),
    (given) => {
      assert.equal(given.object, 'list');
      assert.equal(given.type, 'property_item');
      assert.equal(given.property_item.type, 'title');
      assert.equal(given.results[0].title.plain_text, 'Ada');
      assert.equal(given.has_more, false);
    },
  );
});

test('A long relation comes in pages', async () => {
  const other = await someDatabase({ Name: { title: {} } });
  const friends = [];
  for (let count = 0; count < 5; count += 1) friends.push(await row(other.source, `Friend ${count}`));
  const { source } = await someDatabase({
    Name: { title: {} },
    Friends: { relation: { data_source_id: other.source, type: 'single_property', single_property: {} } },
  });
  const page = await row(source, 'Ada', { Friends: { relation: friends.map(({ id }) => ({ id })) } });
  const given = { page_id: page.id, property_id: page.properties.Friends.id };
  await call(
    'pages.properties.retrieve of a relation',
    () => notion().pages.properties.retrieve({ ...given, page_size: 2 }),
    (items) => {
      assert.equal(items.results.length, 2);
      assert.equal(items.has_more, true);
      assert.equal(items.results[0].type, 'relation');
    },
  );
  await call(
    'collectPaginatedAPI of a relation',
    () => collectPaginatedAPI(notion().pages.properties.retrieve, { ...given, page_size: 2 }),
    (items) =>
      assert.deepEqual(
        items.map((item) => item.relation.id),
        friends.map(({ id }) => id),
      ),
  );
});
