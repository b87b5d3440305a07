import { assert, call, refused, test } from '../lib/referee.js';
import { fresh } from '../lib/sandbox.js';
import { app, developer, hubspot } from './client.js';

const settings = () => developer().webhooks.settingsApi;
const subscriptions = () => developer().webhooks.subscriptionsApi;
const target = () => `https://app.example.com/${fresh('hook')}`;

test('The webhook settings of the app are made, read and cleared', async () => {
  const targetUrl = target();
  await call(
    'webhooks.settingsApi.configure',
    () => settings().configure(app.app_id, { targetUrl, throttling: { maxConcurrentRequests: 10 } }),
    (given) => {
      assert.equal(given.targetUrl, targetUrl);
      assert.equal(given.throttling.maxConcurrentRequests, 10);
      assert.ok(given.createdAt instanceof Date);
    },
  );
  await call(
    'webhooks.settingsApi.getAll',
    () => settings().getAll(app.app_id),
    (given) => assert.equal(given.targetUrl, targetUrl),
  );
  await call(
    'webhooks.settingsApi.clear',
    () => settings().clear(app.app_id),
    (given) => assert.equal(given ?? null, null),
  );
  await refused(
    'webhooks.settingsApi.getAll of none',
    () => settings().getAll(app.app_id),
    (error) => assert.equal(error.code, 404),
  );
});

test('Five requests at a time are too few', async () => {
  await refused(
    'webhooks.settingsApi.configure with too few',
    () => settings().configure(app.app_id, { targetUrl: target(), throttling: { maxConcurrentRequests: 5 } }),
    (error) => assert.equal(error.code, 400),
  );
});

test('The settings belong to the developer, not to an account', async () => {
  await refused(
    'webhooks.settingsApi.getAll without the developer key',
    () => hubspot().webhooks.settingsApi.getAll(app.app_id),
    (error) => assert.ok(error.code === 401 || error.code === 403),
  );
});

test('A subscription is made, listed, switched and removed', async () => {
  const made = await call(
    'webhooks.subscriptionsApi.create',
    () =>
      subscriptions().create(app.app_id, {
        eventType: 'company.propertyChange',
        propertyName: 'city',
        active: false,
      }),
    (given) => {
      assert.match(given.id, /^\d+$/);
      assert.equal(given.eventType, 'company.propertyChange');
      assert.equal(given.propertyName, 'city');
      assert.equal(given.active, false);
      assert.ok(given.createdAt instanceof Date);
    },
  );
  const id = Number(made.id);
  await call(
    'webhooks.subscriptionsApi.getAll',
    () => subscriptions().getAll(app.app_id),
    (given) => assert.ok(given.results.some((one) => one.id === made.id)),
  );
  await call(
    'webhooks.subscriptionsApi.getById',
    () => subscriptions().getById(id, app.app_id),
    (given) => assert.equal(given.eventType, 'company.propertyChange'),
  );
  await call(
    'webhooks.subscriptionsApi.update',
    () => subscriptions().update(id, app.app_id, { active: true }),
    (given) => assert.equal(given.active, true),
  );
  await refused(
    'webhooks.subscriptionsApi.create of the same',
    () =>
      subscriptions().create(app.app_id, { eventType: 'company.propertyChange', propertyName: 'city', active: true }),
    // Neither status nor words are known for certain.
    (error) => assert.ok(error.code >= 400 && error.code < 500),
  );
  await call(
    'webhooks.subscriptionsApi.updateBatch',
    () => subscriptions().updateBatch(app.app_id, { inputs: [{ id, active: false }] }),
    (given) => {
      assert.equal(given.status, 'COMPLETE');
      assert.equal(given.results[0].active, false);
    },
  );
  await call(
    'webhooks.subscriptionsApi.updateBatch with an unknown id',
    () =>
      subscriptions().updateBatch(app.app_id, {
        inputs: [
          { id, active: true },
          { id: 2147483600, active: true },
        ],
      }),
    (given) => {
      assert.equal(given.results.length, 1);
      assert.equal(given.errors[0].category, 'SUBSCRIPTION_ID_NOT_FOUND');
    },
  );
  await call(
    'webhooks.subscriptionsApi.archive',
    () => subscriptions().archive(id, app.app_id),
    (given) => assert.equal(given ?? null, null),
  );
  await refused(
    'webhooks.subscriptionsApi.getById of a removed one',
    () => subscriptions().getById(id, app.app_id),
    (error) => assert.equal(error.code, 404),
  );
});

test('An event that HubSpot does not have cannot be subscribed to', async () => {
  await refused(
    'webhooks.subscriptionsApi.create of an unknown event',
    () => subscriptions().create(app.app_id, { eventType: 'contact.sneezed', active: true }),
    (error) => assert.equal(error.code, 400),
  );
});
