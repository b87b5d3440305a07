import { assert, call, refused, test } from '../lib/referee.js';
import { fresh } from '../lib/sandbox.js';
import { hubspot, newCompany } from './client.js';

const companies = () => hubspot().crm.companies;

test('A company is created, read, changed and archived', async () => {
  const name = fresh('Analytical Engines ');
  const made = await call(
    'companies.basicApi.create',
    () => companies().basicApi.create({ properties: { name, domain: `${fresh('engines')}.example` } }),
    (given) => {
      assert.equal(given.properties.name, name);
      assert.equal(given.archived, false);
    },
  );
  await call(
    'companies.basicApi.getById',
    () => companies().basicApi.getById(made.id),
    (given) => {
      for (const one of ['name', 'domain', 'createdate', 'hs_lastmodifieddate', 'hs_object_id']) {
        assert.ok(one in given.properties, `${one} is missing`);
      }
      // Only contacts have lastmodifieddate; every other type spells it with hs_.
      assert.ok(!('lastmodifieddate' in given.properties));
    },
  );
  await call(
    'companies.basicApi.update',
    () => companies().basicApi.update(made.id, { properties: { city: 'London' } }),
    (given) => assert.equal(given.properties.city, 'London'),
  );
  await call(
    'companies.basicApi.archive',
    () => companies().basicApi.archiveWithHttpInfo(made.id),
    (given) => assert.equal(given.httpStatusCode, 204),
  );
  await refused(
    'companies.basicApi.getById of an archived one',
    () => companies().basicApi.getById(made.id),
    (error) => assert.equal(error.code, 404),
  );
});

test('Two companies may have the same domain', async () => {
  const domain = `${fresh('shared')}.example`;
  const one = await newCompany({ domain });
  await call(
    'companies.basicApi.create with a domain in use',
    () => companies().basicApi.create({ properties: { name: fresh('Company '), domain } }),
    (given) => {
      assert.notEqual(given.id, one.id);
      assert.equal(given.properties.domain, domain);
    },
  );
});

test('Companies come in pages', async () => {
  await newCompany();
  await newCompany();
  const first = await call(
    'companies.basicApi.getPage',
    () => companies().basicApi.getPage(1),
    (given) => {
      assert.equal(given.results.length, 1);
      assert.ok(given.paging.next.after);
    },
  );
  await call(
    'companies.basicApi.getPage, the second',
    () => companies().basicApi.getPage(1, first.paging.next.after),
    (given) => assert.notEqual(given.results[0].id, first.results[0].id),
  );
  await call(
    'companies.getAll',
    () => companies().getAll(),
    (given) => assert.ok(given.length >= 10),
  );
});

test('A company needs a name or a domain', async () => {
  await refused(
    'companies.basicApi.create of nothing',
    () => companies().basicApi.create({ properties: { city: 'London' } }),
    (error) => assert.equal(error.code, 400),
  );
});

test('A number is kept as a string and must be one', async () => {
  const { id } = await newCompany();
  await call(
    'companies.basicApi.update of a number',
    () => companies().basicApi.update(id, { properties: { numberofemployees: '12' } }),
    (given) => assert.equal(given.properties.numberofemployees, '12'),
  );
  await refused(
    'companies.basicApi.update to no number',
    () => companies().basicApi.update(id, { properties: { numberofemployees: 'many' } }),
    (error) => {
      assert.equal(error.code, 400);
      assert.equal(error.body.category, 'VALIDATION_ERROR');
    },
  );
});
