import { assert, call, refused, test } from '../lib/referee.js';
import { fresh } from '../lib/sandbox.js';
import { hubspot } from './client.js';

const groups = () => hubspot().crm.properties.groupsApi;
const definition = () => ({ name: fresh('referee_group_').toLowerCase(), label: 'Referees', displayOrder: -1 });

test('A group of properties is created, read, relabelled and archived', async () => {
  const wanted = definition();
  await call(
    'properties.groupsApi.create',
    () => groups().createWithHttpInfo('contacts', wanted),
    (given) => {
      assert.equal(given.httpStatusCode, 201);
      assert.equal(given.data.name, wanted.name);
      assert.equal(given.data.archived, false);
    },
  );
  await call(
    'properties.groupsApi.getByName',
    () => groups().getByName('contacts', wanted.name),
    (given) => assert.equal(given.label, 'Referees'),
  );
  await call(
    'properties.groupsApi.getAll',
    () => groups().getAll('contacts'),
    (given) => {
      assert.ok(given.results.some((one) => one.name === wanted.name));
      assert.ok(given.results.some((one) => one.name === 'contactinformation'));
    },
  );
  await call(
    'properties.groupsApi.update',
    () => groups().update('contacts', wanted.name, { label: 'Umpires' }),
    (given) => assert.equal(given.label, 'Umpires'),
  );
  await call(
    'properties.groupsApi.archive',
    () => groups().archiveWithHttpInfo('contacts', wanted.name),
    (given) => assert.equal(given.httpStatusCode, 204),
  );
  await call(
    'properties.groupsApi.getAll after archiving',
    () => groups().getAll('contacts'),
    (given) => assert.ok(!given.results.some((one) => one.name === wanted.name)),
  );
});

test('A group name in use is a conflict', async () => {
  const wanted = definition();
  await groups().create('contacts', wanted);
  await refused(
    'properties.groupsApi.create of a name in use',
    () => groups().create('contacts', wanted),
    (error) => assert.equal(error.code, 409),
  );
});

test('A group that holds properties cannot be archived', async () => {
  const wanted = definition();
  await groups().create('contacts', wanted);
  await hubspot().crm.properties.coreApi.create('contacts', {
    name: fresh('referee_').toLowerCase(),
    label: 'Held',
    type: 'string',
    fieldType: 'text',
    groupName: wanted.name,
  });
  await refused(
    'properties.groupsApi.archive of a group in use',
    () => groups().archive('contacts', wanted.name),
    (error) => {
      assert.equal(error.code, 400);
      // The body that matters is nested, as a string, in the message.
      const nested = JSON.parse(error.body.message);
      assert.equal(nested.subCategory, 'PropertyGroupError.GROUP_WITH_ACTIVE_PROPERTIES');
      assert.match(nested.message, /^Can't delete or purge a group with active properties/);
    },
  );
});

test('An unknown group is not found', async () => {
  await refused(
    'properties.groupsApi.getByName of an unknown group',
    () => groups().getByName('contacts', 'no_such_group'),
    (error) => assert.equal(error.code, 404),
  );
});
