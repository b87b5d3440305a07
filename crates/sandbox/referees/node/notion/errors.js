import { APIErrorCode, isNotionClientError } from '@notionhq/client';
import { assert, refused, test } from '../lib/referee.js';
import { sandbox } from '../lib/sandbox.js';
import { notion, row, someDatabase, text, topPage, uuid } from './client.js';

function invalid(error) {
  assert.ok(isNotionClientError(error));
  assert.equal(error.status, 400);
  assert.equal(error.code, APIErrorCode.ValidationError);
}

test('A token that Notion does not know is refused', async () => {
  await refused(
    'users.me with an unknown token',
    () => notion({ auth: 'ntn_unknown' }).users.me({}),
    (error) => {
      assert.equal(error.status, 401);
      assert.equal(error.code, APIErrorCode.Unauthorized);
      assert.equal(error.message, 'API token is invalid.');
      assert.match(error.request_id, uuid);
    },
  );
});

test('An error tells the request in its body and in its header', async () => {
  await refused(
    'users.me with an unknown token',
    () => notion({ auth: 'ntn_unknown' }).users.me({}),
    (error) => {
      const body = JSON.parse(error.body);
      assert.equal(body.object, 'error');
      assert.equal(body.status, 401);
      assert.equal(body.request_id, error.headers.get('x-notion-request-id'));
    },
  );
});

test('A value of the wrong type is refused', async () => {
  const { source } = await someDatabase();
  const page = await row(source, 'Ada');
  await refused(
    'pages.update of a number to a string',
    () => notion().pages.update({ page_id: page.id, properties: { Score: { number: 'many' } } }),
    invalid,
  );
});

test('A column that is not there is refused', async () => {
  const { source } = await someDatabase();
  await refused('pages.create with an unknown column', () => row(source, 'Ada', { Nonsense: { number: 1 } }), invalid);
  await refused(
    'dataSources.query by an unknown column',
    () =>
      notion().dataSources.query({ data_source_id: source, filter: { property: 'Nonsense', number: { equals: 1 } } }),
    invalid,
  );
  await refused(
    'dataSources.query sorted by an unknown column',
    () =>
      notion().dataSources.query({ data_source_id: source, sorts: [{ property: 'Nonsense', direction: 'ascending' }] }),
    invalid,
  );
});

test('A filter must fit the type of its column', async () => {
  const { source } = await someDatabase();
  await refused(
    'dataSources.query of a number as a text',
    () =>
      notion().dataSources.query({
        data_source_id: source,
        filter: { property: 'Score', rich_text: { contains: '1' } },
      }),
    invalid,
  );
});

test('A request without what it needs is told what is missing', async () => {
  const { database } = await someDatabase();
  await refused(
    'dataSources.create without properties',
    () =>
      notion().dataSources.create({
        parent: { type: 'database_id', database_id: database.id },
        properties: undefined,
      }),
    (error) => {
      invalid(error);
      assert.match(
        error.message,
        /^body failed validation: body\.properties should be defined, instead was `undefined`\./,
      );
    },
  );
});

test('An id that is none is refused', async () => {
  await refused('pages.retrieve of no id', () => notion().pages.retrieve({ page_id: 'not-an-id' }), invalid);
});

test('A text can be too long', async () => {
  const { source } = await someDatabase();
  await refused('pages.create with 2001 characters', () => row(source, 'a'.repeat(2001)), invalid);
});

test('A path that is none is told so', async () => {
  await refused(
    'request of an unknown path',
    () => notion().request({ path: 'no_such_thing', method: 'get' }),
    (error) => {
      assert.equal(error.status, 400);
      assert.equal(error.code, APIErrorCode.InvalidRequestURL);
    },
  );
});

test('A database with several data sources must be asked with a version that knows of them', async () => {
  const { database, source } = await someDatabase();
  const second = await notion().dataSources.create({
    parent: { type: 'database_id', database_id: database.id },
    title: text('Second'),
    properties: { Name: { title: {} } },
  });
  const old = notion({ notionVersion: '2022-06-28' });
  const several = (error) => {
    invalid(error);
    assert.equal(error.message, 'Databases with multiple data sources are not supported in this API version.');
    assert.equal(error.additional_data.error_type, 'multiple_data_sources_for_database');
    assert.equal(error.additional_data.database_id, database.id);
    assert.deepEqual([...error.additional_data.child_data_source_ids].sort(), [source, second.id].sort());
    assert.equal(error.additional_data.minimum_api_version, '2025-09-03');
  };
  await refused(
    'databases.retrieve in an old version',
    () => old.databases.retrieve({ database_id: database.id }),
    several,
  );
  await refused(
    'a query in an old version',
    () => old.request({ path: `databases/${database.id}/query`, method: 'post', body: {} }),
    several,
  );
  await refused(
    'pages.create in an old version',
    () =>
      old.pages.create({
        parent: { type: 'database_id', database_id: database.id },
        properties: { Name: { title: text('Ada') } },
      }),
    several,
  );
});

test('A page from the edge instead of JSON is an unknown error', async () => {
  await sandbox.fault({ provider: 'notion', path: '*users*', effect: { kind: 'html', status: 502 } });
  await refused(
    'users.list answered with HTML',
    () => notion({ retry: false }).users.list({}),
    (error) => {
      assert.equal(error.code, 'notionhq_client_response_error');
      assert.equal(error.status, 502);
    },
  );
});

test('A page without a database has no columns', async () => {
  const page = await topPage();
  await refused(
    'pages.update of a column that a plain page has not',
    () => notion().pages.update({ page_id: page.id, properties: { Score: { number: 1 } } }),
    invalid,
  );
});
