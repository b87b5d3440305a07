import { isFullDataSource } from '@notionhq/client';
import { assert, call, refused, test } from '../lib/referee.js';
import { fresh } from '../lib/sandbox.js';
import { columns, nameOf, notion, row, someDatabase, text, unknownId, uuid } from './client.js';

test('A data source tells its columns', async () => {
  const { database, source } = await someDatabase();
  await call(
    'dataSources.retrieve',
    () => notion().dataSources.retrieve({ data_source_id: source }),
    (given) => {
      assert.ok(isFullDataSource(given));
      assert.equal(given.parent.type, 'database_id');
      assert.equal(given.parent.database_id, database.id);
      assert.deepEqual(Object.keys(given.properties).sort(), Object.keys(columns).sort());
      assert.equal(given.properties.Name.type, 'title');
      assert.equal(given.properties.Name.id, 'title');
      assert.equal(given.properties.Score.number.format, 'number');
      assert.deepEqual(
        given.properties.Stage.select.options.map((option) => option.name),
        ['Lead', 'Customer'],
      );
      assert.ok(given.properties.Stage.select.options.every((option) => option.id && option.color));
      for (const [name, property] of Object.entries(given.properties)) assert.equal(property.name, name);
    },
  );
});

test('Columns are added, renamed and deleted', async () => {
  const { source } = await someDatabase();
  await call(
    'dataSources.update that adds a column',
    () => notion().dataSources.update({ data_source_id: source, properties: { Street: { rich_text: {} } } }),
    (given) => assert.equal(given.properties.Street.type, 'rich_text'),
  );
  await call(
    'dataSources.update that renames a column',
    () => notion().dataSources.update({ data_source_id: source, properties: { Street: { name: 'Road' } } }),
    (given) => {
      assert.ok(!('Street' in given.properties));
      assert.equal(given.properties.Road.type, 'rich_text');
    },
  );
  const { properties } = await notion().dataSources.retrieve({ data_source_id: source });
  await call(
    'dataSources.update that deletes a column by its id',
    () => notion().dataSources.update({ data_source_id: source, properties: { [properties.Road.id]: null } }),
    (given) => assert.ok(!('Road' in given.properties)),
  );
  await call(
    'dataSources.update of the title',
    () => notion().dataSources.update({ data_source_id: source, title: text('A new name') }),
    (given) => assert.equal(given.title[0].plain_text, 'A new name'),
  );
});

test('A second data source is added to a database', async () => {
  const { database } = await someDatabase();
  const made = await call(
    'dataSources.create',
    () =>
      notion().dataSources.create({
        parent: { type: 'database_id', database_id: database.id },
        title: text(fresh('Second ')),
        properties: { Name: { title: {} } },
      }),
    (given) => {
      assert.equal(given.object, 'data_source');
      assert.match(given.id, uuid);
    },
  );
  await call(
    'databases.retrieve of two data sources',
    () => notion().databases.retrieve({ database_id: database.id }),
    (given) => assert.ok(given.data_sources.length === 2 && given.data_sources.some((one) => one.id === made.id)),
  );
});

test('A data source is queried for its rows', async () => {
  const { database, source } = await someDatabase();
  await row(source, 'Ada');
  await row(source, 'Grace');
  await call(
    'dataSources.query',
    () => notion().dataSources.query({ data_source_id: source }),
    (given) => {
      assert.equal(given.object, 'list');
      assert.equal(given.type, 'page_or_data_source');
      assert.equal(given.has_more, false);
      assert.equal(given.next_cursor, null);
      assert.deepEqual(given.results.map(nameOf).sort(), ['Ada', 'Grace']);
      assert.deepEqual(given.results[0].parent, {
        type: 'data_source_id',
        data_source_id: source,
        database_id: database.id,
      });
    },
  );
});

test('Only the columns asked for come with the rows', async () => {
  const { source } = await someDatabase();
  await row(source, 'Ada', { Score: { number: 1 } });
  const { properties } = await notion().dataSources.retrieve({ data_source_id: source });
  await call(
    'dataSources.query with filter_properties',
    () =>
      notion().dataSources.query({
        data_source_id: source,
        filter_properties: [properties.Score.id, properties.Mail.id],
      }),
    (given) => assert.deepEqual(Object.keys(given.results[0].properties).sort(), ['Mail', 'Score']),
  );
});

test('A data source that is not there is not found', async () => {
  await refused(
    'dataSources.query of an unknown id',
    () => notion().dataSources.query({ data_source_id: unknownId }),
    (error) => {
      assert.equal(error.status, 404);
      assert.equal(error.code, 'object_not_found');
    },
  );
});
