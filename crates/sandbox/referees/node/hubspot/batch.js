import { assert, call, refused, test } from '../lib/referee.js';
import { fresh } from '../lib/sandbox.js';
import { hubspot, invalidValues, newContact, someContact } from './client.js';

const batch = () => hubspot().crm.contacts.batchApi;

function complete(given, number) {
  assert.equal(given.status, 'COMPLETE');
  assert.equal(given.results.length, number);
  assert.ok(given.startedAt instanceof Date && given.completedAt instanceof Date);
}

test('A batch creates in the order of its inputs', async () => {
  const inputs = [someContact(), someContact(), someContact()];
  await call(
    'contacts.batchApi.create',
    () => batch().create({ inputs }),
    (given) => {
      complete(given, 3);
      assert.deepEqual(
        given.results.map((one) => one.properties.email),
        inputs.map((one) => one.properties.email),
      );
      assert.equal(given.numErrors, undefined);
    },
  );
});

test('Without trace ids a batch creates all or nothing', async () => {
  const known = await newContact();
  const other = someContact();
  await refused(
    'contacts.batchApi.create with a duplicate',
    () => batch().create({ inputs: [other, someContact({ email: known.properties.email })] }),
    (error) => {
      assert.equal(error.code, 409);
      assert.equal(error.body.category, 'CONFLICT');
      assert.match(error.body.message, /^Contact already exists/);
    },
  );
  await refused(
    'contacts.basicApi.getById of what was not created',
    () =>
      hubspot().crm.contacts.basicApi.getById(other.properties.email, undefined, undefined, undefined, false, 'email'),
    (error) => assert.equal(error.code, 404),
  );
});

test('With trace ids a batch creates what it can and tells the rest', async () => {
  const known = await newContact();
  await call(
    'contacts.batchApi.create with trace ids',
    () =>
      batch().create({
        inputs: [
          { ...someContact({ email: known.properties.email }), objectWriteTraceId: '0' },
          { ...someContact(), objectWriteTraceId: '1' },
        ],
      }),
    (given) => {
      complete(given, 1);
      assert.equal(given.numErrors, 1);
      const [error] = given.errors;
      assert.equal(error.category, 'CONFLICT');
      assert.equal(error.message, `Contact already exists. Existing ID: ${known.id}`);
      assert.deepEqual(error.context.objectWriteTraceId, ['0']);
      assert.deepEqual(error.context.existingId, [known.id]);
    },
  );
});

test('A batch with a bad value creates nothing', async () => {
  await refused(
    'contacts.batchApi.create with a bad address',
    () => batch().create({ inputs: [someContact(), someContact({ email: 'no address' })] }),
    (error) => {
      assert.equal(error.code, 400);
      assert.equal(error.body.category, 'VALIDATION_ERROR');
    },
  );
});

test('A batch reads by id, in part when some are not there', async () => {
  const [one, other] = [await newContact(), await newContact()];
  const wanted = (inputs, more) => ({ inputs, properties: ['email'], propertiesWithHistory: [], ...more });
  await call(
    'contacts.batchApi.read',
    () => batch().read(wanted([{ id: one.id }, { id: other.id }])),
    (given) => {
      complete(given, 2);
      assert.deepEqual(given.results.map((found) => found.id).sort(), [one.id, other.id].sort());
    },
  );
  await call(
    'contacts.batchApi.read of an unknown id',
    () => batch().read(wanted([{ id: one.id }, { id: '999999999999' }])),
    (given) => {
      complete(given, 1);
      assert.equal(given.numErrors, 1);
      assert.equal(given.errors[0].category, 'OBJECT_NOT_FOUND');
      assert.equal(
        given.errors[0].message,
        'Could not get some CONTACT objects, they may be deleted or not exist. Check that ids are valid.',
      );
      assert.deepEqual(given.errors[0].context.ids, ['999999999999']);
    },
  );
  await call(
    'contacts.batchApi.read by email',
    () => batch().read(wanted([{ id: other.properties.email }], { idProperty: 'email' })),
    (given) =>
      assert.deepEqual(
        given.results.map((found) => found.id),
        [other.id],
      ),
  );
});

test('A batch updates by id, in part when some are not there', async () => {
  const [one, other] = [await newContact(), await newContact()];
  await call(
    'contacts.batchApi.update',
    () =>
      batch().update({
        inputs: [
          { id: one.id, properties: { firstname: 'One' } },
          { id: other.id, properties: { firstname: 'Other' } },
        ],
      }),
    (given) => {
      complete(given, 2);
      assert.deepEqual(
        given.results.map((changed) => changed.properties.firstname),
        ['One', 'Other'],
      );
    },
  );
  await call(
    'contacts.batchApi.update of an unknown id',
    () =>
      batch().update({
        inputs: [
          { id: one.id, properties: { firstname: 'Again' } },
          { id: '999999999999', properties: { firstname: 'Nobody' } },
        ],
      }),
    (given) => {
      complete(given, 1);
      assert.equal(given.errors[0].category, 'OBJECT_NOT_FOUND');
    },
  );
});

test('A batch cannot update the same contact twice', async () => {
  const { id } = await newContact();
  await refused(
    'contacts.batchApi.update with the same id twice',
    () =>
      batch().update({
        inputs: [
          { id, properties: { firstname: 'One' } },
          { id, properties: { firstname: 'Two' } },
        ],
      }),
    (error) => {
      assert.equal(error.code, 400);
      assert.equal(error.body.category, 'VALIDATION_ERROR');
      assert.equal(error.body.message, `Duplicate IDs found in batch input: [${id}]. IDs must be unique`);
      assert.deepEqual(error.body.context.ids, [id]);
    },
  );
});

test('An unknown property in one input refuses the whole update', async () => {
  const [one, other] = [await newContact({ firstname: 'Before' }), await newContact()];
  await refused(
    'contacts.batchApi.update with an unknown property',
    () =>
      batch().update({
        inputs: [
          { id: one.id, properties: { firstname: 'After' } },
          { id: other.id, properties: { no_such_thing: '1' } },
        ],
      }),
    (error) => {
      assert.equal(error.code, 400);
      assert.ok(
        invalidValues(error).some((value) => value.error === 'PROPERTY_DOESNT_EXIST' && value.name === 'no_such_thing'),
      );
    },
  );
  await call(
    'contacts.basicApi.getById after the refusal',
    () => hubspot().crm.contacts.basicApi.getById(one.id),
    (given) => assert.equal(given.properties.firstname, 'Before'),
  );
});

test('A batch upserts by a unique property, and says what is new', async () => {
  const name = fresh('external_id_').toLowerCase();
  await hubspot().crm.properties.coreApi.create('contacts', {
    name,
    label: 'External id',
    type: 'string',
    fieldType: 'text',
    groupName: 'contactinformation',
    hasUniqueValue: true,
  });
  const input = (id, properties) => ({ id, idProperty: name, properties: { [name]: id, ...properties } });
  const first = await call(
    'contacts.batchApi.upsert of a new one',
    () => batch().upsert({ inputs: [input('A1', { email: someContact().properties.email })] }),
    (given) => {
      complete(given, 1);
      assert.equal(given.results[0]._new, true);
    },
  );
  await call(
    'contacts.batchApi.upsert of one that is known',
    () =>
      batch().upsert({
        inputs: [input('A1', { firstname: 'Known' }), input('A2', { firstname: 'New' })],
      }),
    (given) => {
      complete(given, 2);
      const [known, made] = given.results;
      assert.equal(known.id, first.results[0].id);
      assert.equal(known._new, false);
      assert.equal(made._new, true);
    },
  );
});

test('A batch upserts by address', async () => {
  const known = await newContact();
  await call(
    'contacts.batchApi.upsert by email',
    () =>
      batch().upsert({
        inputs: [{ id: known.properties.email, idProperty: 'email', properties: { firstname: 'Upserted' } }],
      }),
    (given) => {
      assert.equal(given.results[0].id, known.id);
      assert.equal(given.results[0].properties.firstname, 'Upserted');
    },
  );
});

test('A batch archives, and is silent about it', async () => {
  const [one, other] = [await newContact(), await newContact()];
  await call(
    'contacts.batchApi.archive',
    () => batch().archiveWithHttpInfo({ inputs: [{ id: one.id }, { id: other.id }] }),
    (given) => assert.equal(given.httpStatusCode, 204),
  );
  await call(
    'contacts.batchApi.read after archiving',
    () => batch().read({ inputs: [{ id: one.id }], properties: [], propertiesWithHistory: [] }),
    (given) => {
      assert.equal(given.results.length, 0);
      assert.equal(given.errors[0].category, 'OBJECT_NOT_FOUND');
    },
  );
});

test('A batch holds a hundred at most', async () => {
  await refused(
    'contacts.batchApi.create of 101',
    () => batch().create({ inputs: Array.from({ length: 101 }, () => someContact()) }),
    (error) => assert.equal(error.code, 400),
  );
});
