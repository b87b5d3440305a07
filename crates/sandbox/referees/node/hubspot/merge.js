import { assert, call, refused, test } from '../lib/referee.js';
import { hubspot, newCompany, newContact } from './client.js';

test('Merging two contacts makes a third, and both old ids lead to it', async () => {
  const primary = await newContact({ firstname: 'Primary' });
  const other = await newContact({ firstname: 'Other', phone: '42' });
  const merged = await call(
    'contacts.basicApi.merge',
    () => hubspot().crm.contacts.basicApi.merge({ primaryObjectId: primary.id, objectIdToMerge: other.id }),
    (given) => {
      assert.notEqual(given.id, primary.id);
      assert.notEqual(given.id, other.id);
    },
  );
  const wanted = ['firstname', 'email', 'hs_additional_emails', 'hs_merged_object_ids'];
  await call(
    'contacts.basicApi.getById of the primary',
    () => hubspot().crm.contacts.basicApi.getById(primary.id, wanted),
    (given) => {
      assert.equal(given.id, merged.id);
      assert.equal(given.properties.firstname, 'Primary');
      assert.equal(given.properties.email, primary.properties.email);
      assert.deepEqual(given.properties.hs_additional_emails.split(';'), [other.properties.email]);
      assert.deepEqual(given.properties.hs_merged_object_ids.split(';').sort(), [primary.id, other.id].sort());
    },
  );
  await call(
    'contacts.basicApi.getById of the other',
    () => hubspot().crm.contacts.basicApi.getById(other.id),
    (given) => assert.equal(given.id, merged.id),
  );
  await call(
    'contacts.basicApi.update of an old id',
    () => hubspot().crm.contacts.basicApi.update(other.id, { properties: { firstname: 'Later' } }),
    (given) => assert.equal(given.id, merged.id),
  );
  await refused(
    'contacts.basicApi.create with an address that was merged in',
    () => hubspot().crm.contacts.basicApi.create({ properties: { email: other.properties.email } }),
    (error) => assert.equal(error.code, 409),
  );
  // A batch does not take ids that were merged away.
  await call(
    'contacts.batchApi.update of an old id',
    () => hubspot().crm.contacts.batchApi.update({ inputs: [{ id: primary.id, properties: { firstname: 'No' } }] }),
    (given) => assert.equal(given.results.length, 0),
  );
});

test('Companies are merged in the same way', async () => {
  const [primary, other] = [await newCompany(), await newCompany()];
  const merged = await call(
    'companies.basicApi.merge',
    () => hubspot().crm.companies.basicApi.merge({ primaryObjectId: primary.id, objectIdToMerge: other.id }),
    (given) => {
      assert.ok(![primary.id, other.id].includes(given.id));
      assert.equal(given.properties.name, primary.properties.name);
    },
  );
  await call(
    'companies.basicApi.getById of an old id',
    () => hubspot().crm.companies.basicApi.getById(other.id),
    (given) => assert.equal(given.id, merged.id),
  );
});

test('A contact deleted for privacy is gone for good', async () => {
  const { id } = await newContact();
  await call(
    'contacts.basicApi.purge',
    () => hubspot().crm.contacts.basicApi.purgeWithHttpInfo({ objectId: id }),
    (given) => assert.equal(given.httpStatusCode, 204),
  );
  await refused(
    'contacts.basicApi.getById of it',
    () => hubspot().crm.contacts.basicApi.getById(id),
    (error) => assert.equal(error.code, 404),
  );
  await refused(
    'contacts.basicApi.getById of it among the archived',
    () => hubspot().crm.contacts.basicApi.getById(id, undefined, undefined, undefined, true),
    (error) => assert.equal(error.code, 404),
  );
});

test('A contact is deleted for privacy by its address', async () => {
  const { id, properties } = await newContact();
  await call(
    'contacts.basicApi.purge by email',
    () => hubspot().crm.contacts.basicApi.purgeWithHttpInfo({ objectId: properties.email, idProperty: 'email' }),
    (given) => assert.equal(given.httpStatusCode, 204),
  );
  await refused(
    'contacts.basicApi.getById of it',
    () => hubspot().crm.contacts.basicApi.getById(id),
    (error) => assert.equal(error.code, 404),
  );
});
