// What the sandbox really sends, checked with the vendor's own signature helper.

import { signWebhookPayload, verifyWebhookSignature } from '@notionhq/client';
import { assert, call, test } from '../lib/referee.js';
import { receiver } from '../lib/receiver.js';
import { sandbox } from '../lib/sandbox.js';
import { notion, row, someDatabase, uuid, workspace } from './client.js';

const verify = (delivery, verificationToken) =>
  verifyWebhookSignature({ body: delivery.body, signature: delivery.headers['x-notion-signature'], verificationToken });

/** Subscribes a receiver, and does what an operator does: takes the token out of the handshake and enters it. */
async function listening(body) {
  const hook = await receiver('/notion');
  const { workspace_id } = workspace;
  const { subscription_id: id } = await sandbox.notionSubscriptions.create({ url: hook.url, workspace_id });
  try {
    await sandbox.settle();
    const [handshake] = hook.deliveries.splice(0);
    const token = JSON.parse(handshake.body).verification_token;
    await sandbox.notionSubscriptions.verify(id, token);
    await body(hook, handshake, token);
  } finally {
    await sandbox.notionSubscriptions.remove(id);
    await hook.close();
  }
}

/** Events are gathered for a while before they are sent. */
async function delivered() {
  await sandbox.advance(300_000);
  await sandbox.settle();
}

test('A subscription begins with a signed handshake', async () => {
  await listening(async (hook, handshake, token) => {
    assert.deepEqual(Object.keys(JSON.parse(handshake.body)), ['verification_token']);
    assert.match(token, /^secret_/);
    await call(
      'verifyWebhookSignature of the handshake',
      () => verify(handshake, token),
      (valid) => assert.equal(valid, true),
    );
    await call(
      'verifyWebhookSignature with another token',
      () => verify(handshake, 'secret_other'),
      (valid) => assert.equal(valid, false),
    );
    await call(
      'signWebhookPayload',
      () => signWebhookPayload({ body: handshake.body, verificationToken: token }),
      (signature) => assert.equal(signature, handshake.headers['x-notion-signature']),
    );
  });
});

test('A change of a page is told without its values, and signed', async () => {
  const { database, source } = await someDatabase();
  const page = await row(source, 'Ada');
  await delivered();
  await listening(async (hook, handshake, token) => {
    const changed = await call(
      'pages.update, heard of',
      () => notion().pages.update({ page_id: page.id, properties: { Score: { number: 5 } } }),
      (given) => assert.equal(given.properties.Score.number, 5),
    );
    await delivered();
    const delivery = hook.deliveries.find((one) => JSON.parse(one.body).entity?.id === page.id);
    assert.ok(delivery, 'nothing was delivered about the page');
    await call(
      'verifyWebhookSignature of an event',
      () => verify(delivery, token),
      (valid) => {
        assert.equal(valid, true);
        const event = JSON.parse(delivery.body);
        assert.match(event.id, uuid);
        assert.equal(event.type, 'page.properties_updated');
        assert.deepEqual(event.entity, { id: page.id, type: 'page' });
        assert.equal(event.workspace_id, workspace.workspace_id);
        assert.equal(event.attempt_number, 1);
        assert.match(event.timestamp, /^\d{4}-\d\d-\d\dT/);
        assert.ok(event.subscription_id && event.integration_id && event.api_version);
        assert.ok(event.authors.every((author) => author.id && author.type));
        assert.equal(event.data.parent.id, database.id);
        assert.equal(event.data.parent.data_source_id, source);
        assert.deepEqual(event.data.updated_properties, [changed.properties.Score.id]);
        assert.ok(!delivery.body.includes('"number"'), 'values are never sent');
      },
    );
    await call(
      'verifyWebhookSignature of a changed event',
      () => verify({ ...delivery, body: `${delivery.body} ` }, token),
      (valid) => assert.equal(valid, false),
    );
  });
});

test('A page that is made, thrown away and brought back is told each time', async () => {
  const { source } = await someDatabase();
  await delivered();
  await listening(async (hook, handshake, token) => {
    const heard = (id) => hook.deliveries.splice(0).filter((one) => JSON.parse(one.body).entity?.id === id);
    const page = await row(source, 'Ada');
    const steps = [
      ['page.created', () => notion().pages.retrieve({ page_id: page.id })],
      ['page.deleted', () => notion().pages.update({ page_id: page.id, in_trash: true })],
      ['page.undeleted', () => notion().pages.update({ page_id: page.id, in_trash: false })],
    ];
    for (const [type, act] of steps) {
      await act();
      await delivered();
      const told = heard(page.id);
      await call(
        `verifyWebhookSignature of ${type}`,
        () => Promise.all(told.map((one) => verify(one, token))),
        (valid) => {
          assert.ok(valid.length > 0 && valid.every(Boolean), `nothing was told of ${type}`);
          assert.ok(told.some((one) => JSON.parse(one.body).type === type));
        },
      );
    }
  });
});
