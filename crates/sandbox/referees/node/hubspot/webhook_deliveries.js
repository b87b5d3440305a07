// What the sandbox really sends, checked with the vendor's own signature helper.

import { Signature } from '@hubspot/api-client';
import { assert, call, refused, test } from '../lib/referee.js';
import { receiver } from '../lib/receiver.js';
import { sandbox } from '../lib/sandbox.js';
import { account, app, developer, hubspot, install, newContact } from './client.js';

const { settingsApi, subscriptionsApi } = developer().webhooks;

/** Runs `body` with the app installed, subscribed to `events` and listening. */
async function listening(events, path, body) {
  await install();
  const hook = await receiver(path);
  const made = [];
  try {
    await settingsApi.configure(app.app_id, { targetUrl: hook.url, throttling: { maxConcurrentRequests: 10 } });
    for (const event of events) made.push(await subscriptionsApi.create(app.app_id, { active: true, ...event }));
    await body(hook);
  } finally {
    for (const { id } of made) await subscriptionsApi.archive(Number(id), app.app_id);
    await settingsApi.clear(app.app_id);
    await hook.close();
  }
}

/** Lets everything be sent that an edit has caused. */
async function delivered() {
  await sandbox.advance(60_000);
  await sandbox.settle();
}

const about = (hook, id) =>
  hook.deliveries.flatMap((one) => JSON.parse(one.body)).filter((event) => String(event.objectId) === String(id));
const signed = (delivery, more) => ({
  clientSecret: app.client_secret,
  requestBody: delivery.body,
  url: delivery.url,
  ...more,
});

test("A user's edit is delivered, and the library finds both signatures right", async () => {
  const events = [
    { eventType: 'contact.creation' },
    { eventType: 'contact.propertyChange', propertyName: 'firstname' },
  ];
  await listening(events, '/hubspot/hook?tenant=7', async (hook) => {
    const { id } = await newContact();
    await delivered();
    hook.deliveries.length = 0;
    await sandbox.edit('hubspot', {
      portal_id: account.portal_id,
      action: 'update',
      object: 'contacts',
      id,
      properties: { firstname: 'Zoë 日本 🙂' },
    });
    await delivered();

    const [delivery] = hook.deliveries;
    assert.ok(delivery, 'nothing was delivered');
    const { headers } = delivery;
    await call(
      'Signature.isValid of v1',
      () => Signature.isValid(signed(delivery, { signatureVersion: 'v1', signature: headers['x-hubspot-signature'] })),
      (valid) => {
        assert.equal(headers['x-hubspot-signature-version'], 'v1');
        assert.equal(valid, true);
      },
    );
    const v3 = {
      signatureVersion: 'v3',
      method: 'POST',
      signature: headers['x-hubspot-signature-v3'],
      timestamp: Number(headers['x-hubspot-request-timestamp']),
    };
    await call(
      'Signature.isValid of v3',
      () => Signature.isValid(signed(delivery, v3)),
      (valid) => assert.equal(valid, true),
    );
    await call(
      'Signature.isValid of v3 with another body',
      () => Signature.isValid({ ...signed(delivery, v3), requestBody: '[]' }),
      (valid) => assert.equal(valid, false),
    );
    await call(
      'Signature.isValid of v3 with another secret',
      () => Signature.isValid({ ...signed(delivery, v3), clientSecret: 'another' }),
      (valid) => assert.equal(valid, false),
    );
    await refused(
      'Signature.isValid of v3 that is too old',
      async () => Signature.isValid({ ...signed(delivery, v3), timestamp: 1 }),
      (error) => assert.match(error.message, /Timestamp is invalid/),
    );

    await call(
      'contacts.basicApi.getById of what the event names',
      () => hubspot().crm.contacts.basicApi.getById(id),
      (given) => {
        assert.match(headers['content-type'], /^application\/json/);
        const [event] = about(hook, id);
        assert.equal(event.subscriptionType, 'contact.propertyChange');
        assert.equal(event.propertyName, 'firstname');
        assert.equal(event.propertyValue, given.properties.firstname);
        assert.equal(event.portalId, account.portal_id);
        assert.equal(event.appId, app.app_id);
        assert.equal(event.attemptNumber, 0);
        for (const name of ['eventId', 'subscriptionId', 'occurredAt', 'objectId'])
          assert.equal(typeof event[name], 'number', name);
        assert.equal(typeof event.changeSource, 'string');
      },
    );
  });
});

test('Creating a contact tells the creation and each property subscribed to', async () => {
  const events = [{ eventType: 'contact.creation' }, { eventType: 'contact.propertyChange', propertyName: 'email' }];
  await listening(events, '/hook', async (hook) => {
    const made = await call(
      'contacts.basicApi.create, heard of',
      () => newContact(),
      (given) => assert.ok(given.id),
    );
    await delivered();
    await call(
      'Signature.isValid of every delivery',
      () =>
        hook.deliveries.map((one) =>
          Signature.isValid(signed(one, { signatureVersion: 'v1', signature: one.headers['x-hubspot-signature'] })),
        ),
      (all) => {
        assert.ok(all.length > 0 && all.every(Boolean));
        const heard = about(hook, made.id);
        const creation = heard.find((event) => event.subscriptionType === 'contact.creation');
        assert.equal(creation.changeFlag, 'CREATED');
        assert.ok(!('propertyName' in creation));
        const change = heard.find((event) => event.subscriptionType === 'contact.propertyChange');
        assert.equal(change.propertyValue, made.properties.email);
        assert.equal(change.occurredAt, creation.occurredAt);
      },
    );
  });
});

test('Archiving a contact tells its deletion', async () => {
  await listening([{ eventType: 'contact.deletion' }], '/hook', async (hook) => {
    const { id } = await newContact();
    await call(
      'contacts.basicApi.archive, heard of',
      () => hubspot().crm.contacts.basicApi.archive(id),
      (given) => assert.equal(given ?? null, null),
    );
    await delivered();
    await call(
      'Signature.isValid of the deletion',
      () =>
        hook.deliveries.map((one) =>
          Signature.isValid(signed(one, { signatureVersion: 'v1', signature: one.headers['x-hubspot-signature'] })),
        ),
      (all) => {
        assert.ok(all.length > 0 && all.every(Boolean));
        assert.deepEqual(
          about(hook, id).map((event) => [event.subscriptionType, event.changeFlag]),
          [['contact.deletion', 'DELETED']],
        );
      },
    );
  });
});

test('An association is told on both sides', async () => {
  const events = [{ eventType: 'contact.associationChange' }, { eventType: 'company.associationChange' }];
  await listening(events, '/hook', async (hook) => {
    const contact = await newContact();
    const company = await hubspot().crm.companies.basicApi.create({ properties: { name: 'Associated' } });
    await call(
      'associations.v4.basicApi.createDefault, heard of',
      () => hubspot().crm.associations.v4.basicApi.createDefault('contacts', contact.id, 'companies', company.id),
      (given) => assert.equal(given.status, 'COMPLETE'),
    );
    await delivered();
    await call(
      'Signature.isValid of the associations',
      () =>
        hook.deliveries.map((one) =>
          Signature.isValid(signed(one, { signatureVersion: 'v1', signature: one.headers['x-hubspot-signature'] })),
        ),
      (all) => {
        assert.ok(all.length > 0 && all.every(Boolean));
        const heard = hook.deliveries.flatMap((one) => JSON.parse(one.body));
        const from = (type, one, other) =>
          heard.find(
            (event) =>
              event.associationType === type &&
              String(event.fromObjectId) === one &&
              String(event.toObjectId) === other,
          );
        const there = from('CONTACT_TO_COMPANY', contact.id, company.id);
        assert.equal(there.associationRemoved, false);
        assert.ok(!('objectId' in there));
        assert.ok(from('COMPANY_TO_CONTACT', company.id, contact.id));
      },
    );
  });
});
