import { isFullPage } from '@notionhq/client';
import { assert, call, refused, test } from '../lib/referee.js';
import { nameOf, notion, row, someDatabase, text, topPage, unknownId, uuid } from './client.js';

test('A row is created and read', async () => {
  const { database, source } = await someDatabase();
  const made = await call(
    'pages.create in a data source',
    () =>
      notion().pages.create({
        parent: { type: 'data_source_id', data_source_id: source },
        properties: { Name: { title: text('Ada Lovelace') }, Score: { number: 36 } },
      }),
    (given) => {
      assert.ok(isFullPage(given));
      assert.match(given.id, uuid);
      assert.equal(nameOf(given), 'Ada Lovelace');
      assert.equal(given.properties.Score.number, 36);
      assert.equal(given.in_trash, false);
      assert.equal(given.created_by.object, 'user');
    },
  );
  await call(
    'pages.retrieve',
    () => notion().pages.retrieve({ page_id: made.id }),
    (given) => {
      assert.deepEqual(given.parent, { type: 'data_source_id', data_source_id: source, database_id: database.id });
      assert.equal(given.properties.Mail.email, null);
      assert.equal(given.properties.Done.checkbox, false);
      assert.deepEqual(given.properties.Tags.multi_select, []);
      assert.match(given.created_time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.match(given.url, /^https?:\/\//);
    },
  );
});

test('A page under a page has a title and nothing else', async () => {
  const parent = await topPage();
  const made = await call(
    'pages.create under a page',
    () =>
      notion().pages.create({
        parent: { type: 'page_id', page_id: parent.id },
        properties: { title: { title: text('Below') } },
      }),
    (given) => {
      assert.equal(given.parent.type, 'page_id');
      assert.equal(given.parent.page_id, parent.id);
    },
  );
  await call(
    'pages.retrieve of it',
    () => notion().pages.retrieve({ page_id: made.id }),
    (given) => {
      assert.deepEqual(Object.keys(given.properties), ['title']);
      assert.equal(given.properties.title.title[0].plain_text, 'Below');
    },
  );
});

test('An update changes what it names and nothing else', async () => {
  const { source } = await someDatabase();
  const page = await row(source, 'Ada', { Score: { number: 1 }, Mail: { email: 'ada@example.com' } });
  await call(
    'pages.update',
    () => notion().pages.update({ page_id: page.id, properties: { Score: { number: 2 } } }),
    (given) => {
      assert.equal(given.properties.Score.number, 2);
      assert.equal(given.properties.Mail.email, 'ada@example.com');
      assert.equal(nameOf(given), 'Ada');
    },
  );
  await call(
    "pages.update by a column's id",
    () => notion().pages.update({ page_id: page.id, properties: { [page.properties.Mail.id]: { email: null } } }),
    (given) => assert.equal(given.properties.Mail.email, null),
  );
});

test('A page goes to the trash and comes back', async () => {
  const { source } = await someDatabase();
  const page = await row(source, 'Ada');
  await call(
    'pages.update to the trash',
    () => notion().pages.update({ page_id: page.id, in_trash: true }),
    (given) => assert.equal(given.in_trash, true),
  );
  await call(
    'dataSources.query without it',
    () => notion().dataSources.query({ data_source_id: source }),
    (given) => assert.deepEqual(given.results, []),
  );
  await call(
    'pages.retrieve from the trash',
    () => notion().pages.retrieve({ page_id: page.id }),
    (given) => assert.equal(given.in_trash, true),
  );
  await refused(
    'pages.update in the trash',
    () => notion().pages.update({ page_id: page.id, properties: { Score: { number: 1 } } }),
    (error) => {
      assert.equal(error.status, 400);
      assert.equal(error.code, 'validation_error');
      assert.match(error.message, /archived/);
    },
  );
  await call(
    'pages.update out of the trash',
    () => notion().pages.update({ page_id: page.id, in_trash: false }),
    (given) => assert.equal(given.in_trash, false),
  );
  await call(
    'dataSources.query with it again',
    () => notion().dataSources.query({ data_source_id: source }),
    (given) => assert.equal(given.results.length, 1),
  );
});

test('Only the columns asked for come with a page', async () => {
  const { source } = await someDatabase();
  const page = await row(source, 'Ada', { Score: { number: 1 } });
  await call(
    'pages.retrieve with filter_properties',
    () => notion().pages.retrieve({ page_id: page.id, filter_properties: [page.properties.Score.id] }),
    (given) => assert.deepEqual(Object.keys(given.properties), ['Score']),
  );
});

test('A page that is not there is not found', async () => {
  await refused(
    'pages.retrieve of an unknown id',
    () => notion().pages.retrieve({ page_id: unknownId }),
    (error) => {
      assert.equal(error.status, 404);
      assert.equal(error.code, 'object_not_found');
      assert.match(error.message, new RegExp(`^Could not find page with ID: ${unknownId}`));
    },
  );
});
