import { assert, call, refused, test } from '../lib/referee.js';
import { fresh } from '../lib/sandbox.js';
import { firstStage, hubspot, invalidValues, newDeal } from './client.js';

const deals = () => hubspot().crm.deals;

test('A deal is created, read, changed and archived', async () => {
  const dealname = fresh('Deal ');
  const stage = await firstStage();
  const made = await call(
    'deals.basicApi.create',
    () =>
      deals().basicApi.create({
        properties: { dealname, amount: '1500.5', closedate: '2026-12-31T00:00:00.000Z', ...stage },
      }),
    (given) => {
      assert.equal(given.properties.dealname, dealname);
      assert.equal(given.properties.amount, '1500.5');
    },
  );
  await call(
    'deals.basicApi.getById',
    () => deals().basicApi.getById(made.id),
    (given) => {
      for (const one of [
        'dealname',
        'amount',
        'closedate',
        'pipeline',
        'dealstage',
        'createdate',
        'hs_lastmodifieddate',
        'hs_object_id',
      ]) {
        assert.ok(one in given.properties, `${one} is missing`);
      }
      assert.equal(given.properties.dealstage, stage.dealstage);
      assert.match(given.properties.closedate, /^2026-12-31T00:00:00(\.000)?Z$/);
    },
  );
  await call(
    'deals.basicApi.update',
    () => deals().basicApi.update(made.id, { properties: { amount: '20' } }),
    (given) => assert.equal(given.properties.amount, '20'),
  );
  await call(
    'deals.basicApi.archive',
    () => deals().basicApi.archiveWithHttpInfo(made.id),
    (given) => assert.equal(given.httpStatusCode, 204),
  );
  await refused(
    'deals.basicApi.getById of an archived one',
    () => deals().basicApi.getById(made.id),
    (error) => assert.equal(error.code, 404),
  );
});

test('A deal needs a name and a stage', async () => {
  await refused(
    'deals.basicApi.create without a stage',
    () => deals().basicApi.create({ properties: { dealname: 'A deal' } }),
    (error) => assert.equal(error.code, 400),
  );
});

test('A stage that the pipeline does not have is refused', async () => {
  const { pipeline } = await firstStage();
  await refused(
    'deals.basicApi.create in an unknown stage',
    () => deals().basicApi.create({ properties: { dealname: fresh('Deal '), pipeline, dealstage: 'no_such_stage' } }),
    (error) => {
      assert.equal(error.code, 400);
      assert.equal(error.body.category, 'VALIDATION_ERROR');
    },
  );
});

test('An amount that is no number is refused', async () => {
  const { id } = await newDeal();
  await refused(
    'deals.basicApi.update to no number',
    () => deals().basicApi.update(id, { properties: { amount: 'a lot' } }),
    (error) => {
      assert.equal(error.code, 400);
      assert.equal(invalidValues(error)[0].name, 'amount');
    },
  );
});

test('Deals come in pages, with the properties asked for', async () => {
  await newDeal({ amount: '7' });
  await call(
    'deals.basicApi.getPage',
    () => deals().basicApi.getPage(100, undefined, ['amount']),
    (given) => {
      assert.ok(given.results.length > 0);
      assert.ok(given.results.every((one) => 'amount' in one.properties));
    },
  );
});
