import { AssociationTypes } from '@hubspot/api-client';
import { assert, call, test } from '../lib/referee.js';
import { hubspot, newCompany, newContact, newDeal } from './client.js';

const v4 = () => hubspot().crm.associations.v4;
const defined = (associationTypeId) => [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId }];

test('A contact is associated with a company by default, and both sides know', async () => {
  const [contact, company] = [await newContact(), await newCompany()];
  await call(
    'associations.v4.basicApi.createDefault',
    () => v4().basicApi.createDefault('contacts', contact.id, 'companies', company.id),
    (given) => {
      assert.equal(given.status, 'COMPLETE');
      assert.ok(given.results.length >= 1);
      assert.equal(given.results[0].associationSpec.associationCategory, 'HUBSPOT_DEFINED');
    },
  );
  await call(
    'associations.v4.basicApi.getPage from the contact',
    () => v4().basicApi.getPage('contacts', contact.id, 'companies'),
    (given) => {
      assert.equal(given.results.length, 1);
      assert.equal(String(given.results[0].toObjectId), company.id);
      const plain = given.results[0].associationTypes.find((type) => type.typeId === AssociationTypes.contactToCompany);
      assert.equal(plain.category, 'HUBSPOT_DEFINED');
      assert.equal(plain.label ?? null, null);
    },
  );
  await call(
    'associations.v4.basicApi.getPage from the company',
    () => v4().basicApi.getPage('companies', company.id, 'contacts'),
    (given) => {
      assert.deepEqual(
        given.results.map((one) => String(one.toObjectId)),
        [contact.id],
      );
      assert.ok(given.results[0].associationTypes.some((type) => type.typeId === AssociationTypes.companyToContact));
    },
  );
});

test('An association of a given type is made and removed', async () => {
  const [contact, deal] = [await newContact(), await newDeal()];
  await call(
    'associations.v4.basicApi.create',
    () => v4().basicApi.create('deals', deal.id, 'contacts', contact.id, defined(AssociationTypes.dealToContact)),
    (given) => {
      assert.equal(String(given.fromObjectId), deal.id);
      assert.equal(String(given.toObjectId), contact.id);
      assert.equal(given.fromObjectTypeId, '0-3');
      assert.equal(given.toObjectTypeId, '0-1');
      assert.ok(Array.isArray(given.labels));
    },
  );
  await call(
    'associations.v4.basicApi.getPage',
    () => v4().basicApi.getPage('contacts', contact.id, 'deals'),
    (given) => {
      assert.equal(given.results[0].associationTypes[0].typeId, AssociationTypes.contactToDeal);
    },
  );
  await call(
    'associations.v4.basicApi.archive',
    () => v4().basicApi.archive('deals', deal.id, 'contacts', contact.id),
    (given) => assert.equal(given ?? null, null),
  );
  await call(
    'associations.v4.basicApi.getPage after removing',
    () => v4().basicApi.getPage('deals', deal.id, 'contacts'),
    (given) => assert.deepEqual(given.results, []),
  );
});

test('Making a primary association makes the plain one, too', async () => {
  const [contact, company] = [await newContact(), await newCompany()];
  await v4().basicApi.create(
    'contacts',
    contact.id,
    'companies',
    company.id,
    defined(AssociationTypes.primaryContactToCompany),
  );
  await call(
    'associations.v4.basicApi.getPage of a primary one',
    () => v4().basicApi.getPage('contacts', contact.id, 'companies'),
    (given) => {
      const types = given.results[0].associationTypes.map((type) => type.typeId).sort((a, b) => a - b);
      assert.deepEqual(types, [AssociationTypes.primaryContactToCompany, AssociationTypes.contactToCompany]);
    },
  );
});

test('Pages of associations follow each other', async () => {
  const company = await newCompany();
  const people = [await newContact(), await newContact(), await newContact()];
  for (const one of people) await v4().basicApi.createDefault('companies', company.id, 'contacts', one.id);
  const first = await call(
    'associations.v4.basicApi.getPage, the first',
    () => v4().basicApi.getPage('companies', company.id, 'contacts', undefined, 2),
    (given) => {
      assert.equal(given.results.length, 2);
      assert.ok(given.paging.next.after);
    },
  );
  await call(
    'associations.v4.basicApi.getPage, the last',
    () => v4().basicApi.getPage('companies', company.id, 'contacts', first.paging.next.after, 2),
    (given) => {
      assert.equal(given.results.length, 1);
      assert.equal(given.paging, undefined);
    },
  );
});

test('Associations are made, read and removed in a batch', async () => {
  const [contact, lonely, company] = [await newContact(), await newContact(), await newCompany()];
  const pair = { _from: { id: contact.id }, to: { id: company.id } };
  await call(
    'associations.v4.batchApi.create',
    () =>
      v4().batchApi.create('contacts', 'companies', {
        inputs: [{ ...pair, types: defined(AssociationTypes.contactToCompany) }],
      }),
    (given) => {
      assert.equal(given.status, 'COMPLETE');
      assert.equal(String(given.results[0].fromObjectId), contact.id);
      assert.equal(String(given.results[0].toObjectId), company.id);
    },
  );
  await call(
    'associations.v4.batchApi.getPage',
    () => v4().batchApi.getPage('contacts', 'companies', { inputs: [{ id: contact.id }] }),
    (given) => {
      assert.equal(given.results.length, 1);
      assert.equal(given.results[0]._from.id, contact.id);
      assert.equal(String(given.results[0].to[0].toObjectId), company.id);
    },
  );
  await call(
    'associations.v4.batchApi.getPage of none',
    () => v4().batchApi.getPage('contacts', 'companies', { inputs: [{ id: contact.id }, { id: lonely.id }] }),
    (given) => {
      assert.equal(given.results.length, 1);
      assert.equal(given.numErrors, 1);
      assert.equal(given.errors[0].subCategory, 'crm.associations.NO_ASSOCIATIONS_FOUND');
    },
  );
  await call(
    'associations.v4.batchApi.archive',
    () => v4().batchApi.archive('contacts', 'companies', { inputs: [{ _from: pair._from, to: [pair.to] }] }),
    (given) => assert.equal(given ?? null, null),
  );
  await call(
    'associations.v4.basicApi.getPage after the batch',
    () => v4().basicApi.getPage('contacts', contact.id, 'companies'),
    (given) => assert.deepEqual(given.results, []),
  );
});

test('Default associations are made in a batch', async () => {
  const [contact, company] = [await newContact(), await newCompany()];
  await call(
    'associations.v4.batchApi.createDefault',
    () =>
      v4().batchApi.createDefault('contacts', 'companies', {
        inputs: [{ _from: { id: contact.id }, to: { id: company.id } }],
      }),
    (given) => assert.equal(given.status, 'COMPLETE'),
  );
  await call(
    'contacts.basicApi.getById with the association',
    () => hubspot().crm.contacts.basicApi.getById(contact.id, undefined, undefined, ['companies']),
    (given) => assert.ok(given.associations.companies.results.some((one) => one.id === company.id)),
  );
});
