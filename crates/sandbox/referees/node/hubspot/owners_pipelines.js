import { assert, call, test } from '../lib/referee.js';
import { hubspot, newContact } from './client.js';

const owners = () => hubspot().crm.owners.ownersApi;

test('Owners are listed, found by address and read by both their ids', async () => {
  const {
    results: [owner],
  } = await call(
    'owners.ownersApi.getPage',
    () => owners().getPage(),
    (given) => {
      assert.ok(given.results.length > 0);
      const [one] = given.results;
      assert.match(one.id, /^\d+$/);
      assert.match(one.email, /@/);
      assert.equal(one.type, 'PERSON');
      assert.equal(one.archived, false);
      assert.ok(one.createdAt instanceof Date);
    },
  );
  await call(
    'owners.ownersApi.getPage by email',
    () => owners().getPage(owner.email),
    (given) =>
      assert.deepEqual(
        given.results.map((one) => one.id),
        [owner.id],
      ),
  );
  await call(
    'owners.ownersApi.getById',
    () => owners().getById(Number(owner.id)),
    (given) => assert.equal(given.email, owner.email),
  );
  await call(
    'owners.ownersApi.getById by user id',
    () => owners().getById(owner.userId, 'userId'),
    (given) => assert.equal(given.id, owner.id),
  );
});

test("A contact belongs to an owner by the owner's id", async () => {
  const {
    results: [owner],
  } = await owners().getPage();
  const { id } = await newContact({ hubspot_owner_id: owner.id });
  await call(
    'contacts.basicApi.getById of an owned one',
    () => hubspot().crm.contacts.basicApi.getById(id, ['hubspot_owner_id']),
    (given) => assert.equal(given.properties.hubspot_owner_id, owner.id),
  );
});

test('The pipelines of deals have stages with their probabilities', async () => {
  await call(
    'pipelines.pipelinesApi.getAll',
    () => hubspot().crm.pipelines.pipelinesApi.getAll('deals'),
    (given) => {
      assert.ok(given.results.length > 0);
      const [pipeline] = given.results;
      assert.equal(typeof pipeline.label, 'string');
      assert.equal(typeof pipeline.displayOrder, 'number');
      assert.equal(pipeline.archived, false);
      assert.ok(pipeline.stages.length > 1);
      for (const stage of pipeline.stages) {
        assert.equal(typeof stage.label, 'string');
        assert.match(stage.metadata.probability, /^[01](\.\d+)?$/);
        assert.match(stage.metadata.isClosed, /^(true|false)$/);
      }
    },
  );
});
