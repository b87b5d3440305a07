import { assert, refused, test } from '../lib/referee.js';
import { sandbox } from '../lib/sandbox.js';
import { hubspot, invalidValues, newContact, someContact } from './client.js';

const basic = () => hubspot().crm.contacts.basicApi;

test('A second contact with the same address is a conflict that names the first', async () => {
  const made = await newContact();
  await refused(
    'contacts.basicApi.create of a duplicate',
    () => basic().create(someContact({ email: made.properties.email })),
    (error) => {
      assert.equal(error.code, 409);
      assert.equal(error.body.status, 'error');
      assert.equal(error.body.category, 'CONFLICT');
      assert.equal(error.body.message, `Contact already exists. Existing ID: ${made.id}`);
    },
  );
});

test('Addresses are compared without regard to case', async () => {
  const made = await newContact();
  await refused(
    'contacts.basicApi.create of a duplicate in capitals',
    () => basic().create(someContact({ email: made.properties.email.toUpperCase() })),
    (error) => assert.equal(error.code, 409),
  );
});

test('An update cannot take the address of another contact', async () => {
  const [one, other] = [await newContact(), await newContact()];
  await refused(
    'contacts.basicApi.update to a taken address',
    () => basic().update(one.id, { properties: { email: other.properties.email } }),
    (error) => {
      assert.equal(error.code, 409);
      assert.match(error.body.message, new RegExp(`Existing ID: ${other.id}`));
    },
  );
});

test('Every error carries a correlation id, the same in the body and in the header', async () => {
  await refused(
    'contacts.basicApi.create of a bad address',
    () => basic().create(someContact({ email: 'not an address' })),
    (error) => {
      assert.match(error.body.correlationId, /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/);
      assert.equal(error.headers['x-hubspot-correlation-id'], error.body.correlationId);
    },
  );
});

test('A bad address is a validation error with its list inside the message', async () => {
  await refused(
    'contacts.basicApi.create of a bad address',
    () => basic().create(someContact({ email: 'not an address' })),
    (error) => {
      assert.equal(error.code, 400);
      assert.equal(error.body.category, 'VALIDATION_ERROR');
      const [one] = invalidValues(error);
      assert.equal(one.isValid, false);
      assert.equal(one.error, 'INVALID_EMAIL');
      assert.equal(one.name, 'email');
      assert.equal(error.body.errors[0].code, 'INVALID_EMAIL');
      assert.deepEqual(error.body.errors[0].context.propertyName, ['email']);
    },
  );
});

test('Several bad values are all told at once', async () => {
  await refused(
    'contacts.basicApi.create of two unknown properties',
    () => basic().create(someContact({ no_such_one: 'a', no_such_other: 'b' })),
    (error) => {
      assert.equal(error.code, 400);
      const list = invalidValues(error);
      assert.deepEqual(list.map((one) => one.name).sort(), ['no_such_one', 'no_such_other']);
      assert.ok(list.every((one) => one.error === 'PROPERTY_DOESNT_EXIST'));
    },
  );
});

test('A value that HubSpot keeps itself cannot be written', async () => {
  const { id } = await newContact();
  await refused(
    'contacts.basicApi.update of a read-only value',
    () => basic().update(id, { properties: { createdate: '2020-01-01' } }),
    (error) => {
      assert.equal(error.code, 400);
      assert.equal(invalidValues(error)[0].error, 'READ_ONLY_VALUE');
    },
  );
});

test('An option that does not exist is refused', async () => {
  const { id } = await newContact();
  await refused(
    'contacts.basicApi.update to an unknown option',
    () => basic().update(id, { properties: { lifecyclestage: 'no_such_stage' } }),
    (error) => {
      assert.equal(error.code, 400);
      assert.equal(invalidValues(error)[0].error, 'INVALID_OPTION');
    },
  );
});

test('A contact needs an address or a name', async () => {
  await refused(
    'contacts.basicApi.create of nobody',
    () => basic().create({ properties: { phone: '123' } }),
    (error) => {
      assert.equal(error.code, 400);
      assert.equal(error.body.status, 'error');
    },
  );
});

test('A contact that is not there is not found', async () => {
  // Two bodies are on record for this; only the status is certain.
  await refused(
    'contacts.basicApi.getById of an unknown id',
    () => basic().getById('999999999999'),
    (error) => {
      assert.equal(error.code, 404);
      assert.equal(error.body.status, 'error');
    },
  );
  await refused(
    'contacts.basicApi.update of an unknown id',
    () => basic().update('999999999999', { properties: { firstname: 'A' } }),
    (error) => assert.equal(error.code, 404),
  );
  const { id } = await newContact();
  await basic().archive(id);
  await refused(
    'contacts.basicApi.getById of an archived one',
    () => basic().getById(id),
    (error) => assert.equal(error.code, 404),
  );
});

test('A token that HubSpot does not know is refused', async () => {
  await refused(
    'contacts.basicApi.getPage with an unknown token',
    () => hubspot({ accessToken: 'pat-na1-00000000-0000-0000-0000-000000000000' }).crm.contacts.basicApi.getPage(1),
    (error) => {
      assert.equal(error.code, 401);
      assert.equal(error.body.category, 'INVALID_AUTHENTICATION');
      assert.match(error.body.message, /^Authentication credentials not found\. This API supports /);
    },
  );
  await refused(
    'contacts.basicApi.getPage without a token',
    () => hubspot({ accessToken: undefined }).crm.contacts.basicApi.getPage(1),
    (error) => {
      assert.equal(error.code, 401);
      assert.equal(error.body.category, 'INVALID_AUTHENTICATION');
    },
  );
});

test('A token said to be expired is told so, with the time', async () => {
  await sandbox.fault({ provider: 'hubspot', path: '*contacts*', effect: { kind: 'expired_token' } });
  await refused(
    'contacts.basicApi.getPage with an expired token',
    () => basic().getPage(1),
    (error) => {
      assert.equal(error.code, 401);
      assert.equal(error.body.category, 'EXPIRED_AUTHENTICATION');
      assert.match(error.body.message, /^The OAuth token used to make this call expired \d+ second\(s\) ago\.$/);
      assert.equal(error.body.context['expire time'].length, 1);
    },
  );
});

test('A page from the edge instead of JSON reaches the caller as text', async () => {
  await sandbox.fault({ provider: 'hubspot', path: '*contacts*', effect: { kind: 'html', status: 502 } });
  await refused(
    'contacts.basicApi.getPage answered with HTML',
    () => basic().getPage(1),
    (error) => {
      assert.equal(error.code, 502);
      assert.equal(typeof error.body, 'string');
      assert.match(error.headers['content-type'], /^text\/html/);
    },
  );
});
