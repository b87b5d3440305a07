// The API for any type of object, which takes names and type ids alike.

import { assert, call, refused, test } from '../lib/referee.js';
import { fresh } from '../lib/sandbox.js';
import { hubspot, newCompany, newContact, newDeal, someContact } from './client.js';

const objects = () => hubspot().crm.objects;

test('A type may be named or given by its id', async () => {
  const [contact, company, deal] = [await newContact(), await newCompany(), await newDeal()];
  await call(
    'objects.basicApi.getById of 0-1',
    () => objects().basicApi.getById('0-1', contact.id),
    (given) => assert.equal(given.id, contact.id),
  );
  await call(
    'objects.basicApi.getById of 0-2',
    () => objects().basicApi.getById('0-2', company.id),
    (given) => assert.equal(given.id, company.id),
  );
  await call(
    'objects.basicApi.getById of 0-3',
    () => objects().basicApi.getById('0-3', deal.id),
    (given) => assert.equal(given.id, deal.id),
  );
  await call(
    'objects.basicApi.create by name',
    () => objects().basicApi.create('contacts', someContact()),
    (given) => assert.match(given.id, /^\d+$/),
  );
  await call(
    'objects.basicApi.update by id',
    () => objects().basicApi.update('0-2', company.id, { properties: { city: 'Paris' } }),
    (given) => assert.equal(given.properties.city, 'Paris'),
  );
  await call(
    'objects.basicApi.getPage',
    () => objects().basicApi.getPage('deals', 1),
    (given) => assert.equal(given.results.length, 1),
  );
});

test('A batch works for any type', async () => {
  await call(
    'objects.batchApi.create of companies',
    () =>
      objects().batchApi.create('companies', {
        inputs: [{ properties: { name: fresh('One ') } }, { properties: { name: fresh('Two ') } }],
      }),
    (given) => {
      assert.equal(given.status, 'COMPLETE');
      assert.equal(given.results.length, 2);
    },
  );
});

test('A type that does not exist is refused', async () => {
  // The status is not known for certain; the words are.
  await refused(
    'objects.basicApi.getPage of butterflies',
    () => objects().basicApi.getPage('butterflies', 1),
    (error) => {
      assert.ok(error.code >= 400 && error.code < 500);
      assert.match(error.body.message, /^Unable to infer object type from: butterflies/);
    },
  );
});
