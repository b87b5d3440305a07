import { assert, call, refused, test } from '../lib/referee.js';
import { fresh } from '../lib/sandbox.js';
import { hubspot, invalidValues, newContact, someContact } from './client.js';

const core = () => hubspot().crm.properties.coreApi;
const batch = () => hubspot().crm.properties.batchApi;

const definition = (more) => ({
  name: fresh('referee_').toLowerCase(),
  label: 'Referee',
  type: 'string',
  fieldType: 'text',
  groupName: 'contactinformation',
  ...more,
});
const options = (...labels) =>
  labels.map((label, displayOrder) => ({ label, value: label.toLowerCase(), displayOrder, hidden: false }));

test("The properties of contacts are listed, HubSpot's own among them", async () => {
  await call(
    'properties.coreApi.getAll',
    () => core().getAll('contacts'),
    (given) => {
      const email = given.results.find((one) => one.name === 'email');
      assert.equal(email.type, 'string');
      assert.equal(email.hubspotDefined, true);
      assert.equal(typeof email.label, 'string');
      assert.equal(typeof email.groupName, 'string');
      const stage = given.results.find((one) => one.name === 'lifecyclestage');
      assert.equal(stage.type, 'enumeration');
      assert.ok(stage.options.length > 1);
      assert.ok(stage.options.every((one) => typeof one.value === 'string' && typeof one.hidden === 'boolean'));
    },
  );
  await call(
    'properties.coreApi.getAll of deals',
    () => core().getAll('deals'),
    (given) => assert.ok(given.results.some((one) => one.name === 'dealstage')),
  );
});

test('A property is created, read, relabelled and archived', async () => {
  const wanted = definition({ description: 'Made by a referee' });
  await call(
    'properties.coreApi.create',
    () => core().createWithHttpInfo('contacts', wanted),
    (given) => {
      assert.equal(given.httpStatusCode, 201);
      assert.equal(given.data.name, wanted.name);
      assert.equal(given.data.archived, false);
      assert.equal(given.data.hasUniqueValue, false);
      assert.deepEqual(given.data.options, []);
      assert.equal(given.data.modificationMetadata.archivable, true);
      assert.ok(given.data.createdAt instanceof Date);
    },
  );
  await call(
    'properties.coreApi.getByName',
    () => core().getByName('contacts', wanted.name),
    (given) => {
      assert.equal(given.label, 'Referee');
      assert.equal(given.description, 'Made by a referee');
      assert.equal(given.fieldType, 'text');
    },
  );
  await call(
    'properties.coreApi.update',
    () => core().update('contacts', wanted.name, { label: 'Umpire' }),
    (given) => {
      assert.equal(given.label, 'Umpire');
      assert.equal(given.description, 'Made by a referee');
    },
  );
  await call(
    'properties.coreApi.archive',
    () => core().archiveWithHttpInfo('contacts', wanted.name),
    (given) => assert.equal(given.httpStatusCode, 204),
  );
  await refused(
    'properties.coreApi.getByName of an archived one',
    () => core().getByName('contacts', wanted.name),
    (error) => {
      assert.equal(error.code, 404);
      assert.equal(error.body.category, 'OBJECT_NOT_FOUND');
    },
  );
  await call(
    'properties.coreApi.getByName among the archived',
    () => core().getByName('contacts', wanted.name, true),
    (given) => {
      assert.equal(given.archived, true);
      assert.ok(given.archivedAt instanceof Date);
    },
  );
});

test('A name in use is a conflict', async () => {
  const wanted = definition();
  await core().create('contacts', wanted);
  await refused(
    'properties.coreApi.create of a name in use',
    () => core().create('contacts', wanted),
    (error) => {
      assert.equal(error.code, 409);
      assert.equal(error.body.category, 'OBJECT_ALREADY_EXISTS');
      assert.equal(error.body.subCategory, 'Properties.PROPERTY_WITH_NAME_EXISTS');
      assert.equal(error.body.message, `A property named '${wanted.name}' already exists.`);
      assert.deepEqual(error.body.context.name, [wanted.name]);
    },
  );
});

test('Creating an archived property again brings it back with its old date', async () => {
  const wanted = definition();
  const first = await core().create('contacts', wanted);
  await core().archive('contacts', wanted.name);
  await call(
    'properties.coreApi.create of an archived one',
    () => core().create('contacts', { ...wanted, label: 'Back again' }),
    (given) => {
      assert.equal(given.label, 'Back again');
      assert.equal(given.createdAt.getTime(), first.createdAt.getTime());
    },
  );
  await refused(
    'properties.coreApi.getByName among the archived',
    () => core().getByName('contacts', wanted.name, true),
    (error) => assert.equal(error.code, 404),
  );
});

test('The options of an enumeration are replaced as a whole', async () => {
  const wanted = definition({ type: 'enumeration', fieldType: 'select', options: options('Red', 'Green') });
  await call(
    'properties.coreApi.create of an enumeration',
    () => core().create('contacts', wanted),
    (given) =>
      assert.deepEqual(
        given.options.map((one) => one.value),
        ['red', 'green'],
      ),
  );
  await call(
    'properties.coreApi.update of options',
    () => core().update('contacts', wanted.name, { options: options('Green', 'Blue') }),
    (given) => assert.deepEqual(given.options.map((one) => one.value).sort(), ['blue', 'green']),
  );
  const { id } = await newContact();
  await call(
    'contacts.basicApi.update to an option',
    () => hubspot().crm.contacts.basicApi.update(id, { properties: { [wanted.name]: 'blue' } }),
    (given) => assert.equal(given.properties[wanted.name], 'blue'),
  );
  await refused(
    'contacts.basicApi.update to an option that is gone',
    () => hubspot().crm.contacts.basicApi.update(id, { properties: { [wanted.name]: 'red' } }),
    (error) => {
      assert.equal(error.code, 400);
      const [one] = invalidValues(error);
      assert.equal(one.error, 'INVALID_OPTION');
      assert.equal(one.name, wanted.name);
    },
  );
});

test('Several checkboxes are kept as one string', async () => {
  const wanted = definition({ type: 'enumeration', fieldType: 'checkbox', options: options('One', 'Two', 'Three') });
  await core().create('contacts', wanted);
  const { id } = await newContact({ [wanted.name]: 'one;three' });
  await call(
    'contacts.basicApi.update that appends an option',
    () => hubspot().crm.contacts.basicApi.update(id, { properties: { [wanted.name]: ';two' } }),
    (given) => assert.deepEqual(given.properties[wanted.name].split(';').sort(), ['one', 'three', 'two']),
  );
});

test('Dates and yes or no are checked', async () => {
  const date = definition({ type: 'date', fieldType: 'date' });
  const bool = definition({
    type: 'bool',
    fieldType: 'booleancheckbox',
    options: [
      { label: 'Yes', value: 'true', displayOrder: 0, hidden: false },
      { label: 'No', value: 'false', displayOrder: 1, hidden: false },
    ],
  });
  await core().create('contacts', date);
  await core().create('contacts', bool);
  await call(
    'contacts.basicApi.create with a date',
    () => hubspot().crm.contacts.basicApi.create(someContact({ [date.name]: '2026-02-03', [bool.name]: 'true' })),
    (given) => {
      assert.equal(given.properties[date.name], '2026-02-03');
      assert.equal(given.properties[bool.name], 'true');
    },
  );
  await refused(
    'contacts.basicApi.create with no date',
    () => hubspot().crm.contacts.basicApi.create(someContact({ [date.name]: 'soon' })),
    (error) => {
      assert.equal(error.code, 400);
      assert.equal(invalidValues(error)[0].error, 'INVALID_DATE');
    },
  );
});

test('A property lacks what it needs', async () => {
  const { label, ...incomplete } = definition();
  assert.ok(label);
  await refused(
    'properties.coreApi.create without a label',
    () => core().create('contacts', incomplete),
    (error) => assert.equal(error.code, 400),
  );
});

test('Properties are created, read and archived in a batch', async () => {
  const inputs = [definition(), definition()];
  const names = inputs.map((one) => one.name);
  await call(
    'properties.batchApi.create',
    () => batch().create('contacts', { inputs }),
    (given) => {
      assert.equal(given.status, 'COMPLETE');
      assert.deepEqual(
        given.results.map((one) => one.name),
        names,
      );
    },
  );
  await call(
    'properties.batchApi.create with a name in use',
    () => batch().create('contacts', { inputs: [inputs[0], definition()] }),
    (given) => {
      assert.equal(given.results.length, 1);
      assert.equal(given.numErrors, 1);
      assert.equal(given.errors[0].category, 'OBJECT_ALREADY_EXISTS');
      assert.equal(given.errors[0].message, `A property named '${names[0]}' already exists.`);
    },
  );
  await call(
    'properties.batchApi.read',
    () => batch().read('contacts', { archived: false, inputs: names.map((name) => ({ name })) }),
    (given) => assert.deepEqual(given.results.map((one) => one.name).sort(), [...names].sort()),
  );
  await call(
    'properties.batchApi.archive',
    () => batch().archiveWithHttpInfo('contacts', { inputs: names.map((name) => ({ name })) }),
    (given) => assert.equal(given.httpStatusCode, 204),
  );
  await refused(
    'properties.coreApi.getByName after the batch',
    () => core().getByName('contacts', names[1]),
    (error) => assert.equal(error.code, 404),
  );
});
