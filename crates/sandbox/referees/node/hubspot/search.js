import { assert, call, refused, test } from '../lib/referee.js';
import { fresh, sandbox } from '../lib/sandbox.js';
import { hubspot, newCompany, newContact, newDeal } from './client.js';

const search = (request) => hubspot().crm.contacts.searchApi.doSearch(request);
const searchDeals = (request) => hubspot().crm.deals.searchApi.doSearch(request);
const filters = (...list) => ({ filterGroups: [{ filters: list }] });

/** Search knows a change only some moments after it: simulated time moves on. */
const indexed = () => sandbox.advance(60_000);

async function people(...list) {
  const family = fresh('Family');
  const made = [];
  for (const properties of list) made.push(await newContact({ lastname: family, ...properties }));
  await indexed();
  return { family, made, among: { propertyName: 'lastname', operator: 'EQ', value: family } };
}

test('A contact is found by its exact address', async () => {
  const { made } = await people({});
  await call(
    'contacts.searchApi.doSearch EQ',
    () =>
      search({
        ...filters({ propertyName: 'email', operator: 'EQ', value: made[0].properties.email }),
        properties: ['email', 'phone'],
      }),
    (given) => {
      assert.equal(given.total, 1);
      assert.equal(given.results[0].id, made[0].id);
      assert.equal(given.results[0].properties.phone, null);
      assert.equal(given.paging, undefined);
    },
  );
});

test('Filters of a group must all hold, and one of the groups is enough', async () => {
  const { made, among } = await people({ firstname: 'Ann' }, { firstname: 'Ben' }, { firstname: 'Cy' });
  const named = (value) => ({ filters: [among, { propertyName: 'firstname', operator: 'EQ', value }] });
  await call(
    'contacts.searchApi.doSearch of two groups',
    () => search({ filterGroups: [named('Ann'), named('Cy')] }),
    (given) => {
      assert.equal(given.total, 2);
      assert.deepEqual(given.results.map((one) => one.id).sort(), [made[0].id, made[2].id].sort());
    },
  );
});

test('Each operator means what it says', async () => {
  const { made, among } = await people(
    { firstname: 'Anna', phone: '1' },
    { firstname: 'Bert' },
    { firstname: 'Hannah', phone: '3' },
  );
  const ids = (given) => given.results.map((one) => made.findIndex((known) => known.id === one.id)).sort();
  const find = (filter) => () => search(filters(among, { propertyName: 'firstname', ...filter }));

  await call('doSearch NEQ', find({ operator: 'NEQ', value: 'Bert' }), (given) => assert.deepEqual(ids(given), [0, 2]));
  await call('doSearch IN', find({ operator: 'IN', values: ['anna', 'bert'] }), (given) =>
    assert.deepEqual(ids(given), [0, 1]),
  );
  await call('doSearch NOT_IN', find({ operator: 'NOT_IN', values: ['anna', 'bert'] }), (given) =>
    assert.deepEqual(ids(given), [2]),
  );
  await call('doSearch HAS_PROPERTY', find({ propertyName: 'phone', operator: 'HAS_PROPERTY' }), (given) =>
    assert.deepEqual(ids(given), [0, 2]),
  );
  await call('doSearch NOT_HAS_PROPERTY', find({ propertyName: 'phone', operator: 'NOT_HAS_PROPERTY' }), (given) =>
    assert.deepEqual(ids(given), [1]),
  );
  await call('doSearch CONTAINS_TOKEN with a wildcard', find({ operator: 'CONTAINS_TOKEN', value: '*ann*' }), (given) =>
    assert.deepEqual(ids(given), [0, 2]),
  );
  await call('doSearch NOT_CONTAINS_TOKEN', find({ operator: 'NOT_CONTAINS_TOKEN', value: 'ann*' }), (given) =>
    assert.deepEqual(ids(given), [1, 2]),
  );
  await call('doSearch EQ in another case', find({ operator: 'EQ', value: 'BERT' }), (given) =>
    assert.deepEqual(ids(given), [1]),
  );
});

test('Numbers and dates are compared as such', async () => {
  const name = fresh('Bargain');
  const made = [];
  for (const amount of ['9', '10', '100'])
    made.push(await newDeal({ dealname: name, amount, closedate: `2026-0${made.length + 1}-15T00:00:00Z` }));
  await indexed();
  const amounts = (given) => given.results.map((one) => one.properties.amount).sort((a, b) => a - b);
  const find = (filter) => () =>
    searchDeals({
      ...filters({ propertyName: 'dealname', operator: 'EQ', value: name }, filter),
      properties: ['amount'],
    });

  await call('deals.searchApi.doSearch GT', find({ propertyName: 'amount', operator: 'GT', value: '9' }), (given) =>
    assert.deepEqual(amounts(given), ['10', '100']),
  );
  await call('deals.searchApi.doSearch LTE', find({ propertyName: 'amount', operator: 'LTE', value: '10' }), (given) =>
    assert.deepEqual(amounts(given), ['9', '10']),
  );
  await call(
    'deals.searchApi.doSearch BETWEEN',
    find({ propertyName: 'amount', operator: 'BETWEEN', value: '10', highValue: '99' }),
    (given) => assert.deepEqual(amounts(given), ['10']),
  );
  await call(
    'deals.searchApi.doSearch GTE of a date in milliseconds',
    find({ propertyName: 'closedate', operator: 'GTE', value: String(Date.parse('2026-02-01T00:00:00Z')) }),
    (given) => assert.deepEqual(amounts(given), ['10', '100']),
  );
  await call(
    'deals.searchApi.doSearch LT of a date in ISO',
    find({ propertyName: 'closedate', operator: 'LT', value: '2026-02-01T00:00:00Z' }),
    (given) => assert.deepEqual(amounts(given), ['9']),
  );
});

test('Results are sorted by the one rule given, else by their creation', async () => {
  const { made, among } = await people({ firstname: 'B' }, { firstname: 'C' }, { firstname: 'A' });
  const order = (given) => given.results.map((one) => made.findIndex((known) => known.id === one.id));
  await call(
    'doSearch sorted upwards',
    () => search({ ...filters(among), sorts: [{ propertyName: 'firstname', direction: 'ASCENDING' }] }),
    (given) => assert.deepEqual(order(given), [2, 0, 1]),
  );
  await call(
    'doSearch sorted downwards',
    () => search({ ...filters(among), sorts: [{ propertyName: 'firstname', direction: 'DESCENDING' }] }),
    (given) => assert.deepEqual(order(given), [1, 0, 2]),
  );
  await call(
    'doSearch in the default order',
    () => search(filters(among)),
    (given) => assert.deepEqual(order(given), [0, 1, 2]),
  );
});

test('Pages of a search go on by a number and have no link', async () => {
  const { made, among } = await people({}, {}, {});
  const first = await call(
    'doSearch, the first page',
    () => search({ ...filters(among), limit: 2 }),
    (given) => {
      assert.equal(given.total, 3);
      assert.equal(given.results.length, 2);
      assert.equal(given.paging.next.after, '2');
      assert.equal(given.paging.next.link, undefined);
    },
  );
  await call(
    'doSearch, the second page',
    () => search({ ...filters(among), limit: 2, after: first.paging.next.after }),
    (given) => {
      assert.deepEqual(
        given.results.map((one) => one.id),
        [made[2].id],
      );
      assert.equal(given.paging, undefined);
    },
  );
  await call(
    'doSearch, with after as a number',
    () => search({ ...filters(among), limit: 2, after: 2 }),
    (given) => assert.equal(given.results.length, 1),
  );
  await call(
    'doSearch for the total only',
    () => search({ ...filters(among), limit: 0 }),
    (given) => {
      assert.equal(given.total, 3);
      assert.equal(given.results.length, 0);
    },
  );
});

test('Words are searched for everywhere', async () => {
  const { family, made } = await people({});
  await call(
    'doSearch with a query',
    () => search({ query: family }),
    (given) => {
      assert.equal(given.total, 1);
      assert.equal(given.results[0].id, made[0].id);
    },
  );
});

test('Contacts are found by the company they belong to', async () => {
  const company = await newCompany();
  const contact = await newContact();
  await hubspot().crm.associations.v4.basicApi.createDefault('contacts', contact.id, 'companies', company.id);
  await indexed();
  await call(
    'doSearch by association',
    () => search(filters({ propertyName: 'associations.company', operator: 'EQ', value: company.id })),
    (given) =>
      assert.deepEqual(
        given.results.map((one) => one.id),
        [contact.id],
      ),
  );
});

test('What is archived is not found', async () => {
  const { made, among } = await people({});
  await hubspot().crm.contacts.basicApi.archive(made[0].id);
  await indexed();
  await call(
    'doSearch for an archived contact',
    () => search(filters(among)),
    (given) => assert.equal(given.total, 0),
  );
});

test('A search asks for too much in several ways', async () => {
  const filter = { propertyName: 'email', operator: 'HAS_PROPERTY' };
  const bad = (error) => {
    assert.equal(error.code, 400);
    assert.equal(error.body.status, 'error');
  };
  await refused(
    'doSearch of six groups',
    () => search({ filterGroups: Array(6).fill({ filters: [filter] }) }),
    (error) => {
      bad(error);
      assert.equal(error.body.category, 'VALIDATION_ERROR');
    },
  );
  await refused(
    'doSearch of seven filters in a group',
    () => search(filters(...Array(7).fill(filter))),
    (error) => {
      bad(error);
      assert.equal(error.body.category, 'VALIDATION_ERROR');
    },
  );
  await refused('doSearch of 201 results', () => search({ ...filters(filter), limit: 201 }), bad);
  await refused('doSearch beyond ten thousand', () => search({ ...filters(filter), limit: 100, after: '9950' }), bad);
  await refused(
    'doSearch with a body of more than 3000 characters',
    () => search(filters({ propertyName: 'email', operator: 'EQ', value: 'a'.repeat(3100) })),
    bad,
  );
});
