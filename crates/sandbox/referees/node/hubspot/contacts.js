import { assert, call, test } from '../lib/referee.js';
import { fresh } from '../lib/sandbox.js';
import { account, hubspot, newCompany, newContact, someContact } from './client.js';

const contacts = () => hubspot().crm.contacts;

test('A contact is created and answers with its id, its dates and strings only', async () => {
  const wanted = someContact({ phone: '+44 1234 567890' });
  await call(
    'contacts.basicApi.create',
    () => contacts().basicApi.createWithHttpInfo(wanted),
    (given) => {
      assert.equal(given.httpStatusCode, 201);
      assert.match(given.data.id, /^\d+$/);
      assert.equal(given.data.properties.email, wanted.properties.email);
      assert.equal(given.data.properties.hs_object_id, given.data.id);
      assert.ok(given.data.createdAt instanceof Date && !Number.isNaN(given.data.createdAt.getTime()));
      assert.equal(given.data.archived, false);
      for (const [name, value] of Object.entries(given.data.properties)) {
        assert.ok(value === null || typeof value === 'string', `${name} is ${typeof value}`);
      }
    },
  );
});

test('A contact that is read without a wish comes with the default properties', async () => {
  const { id } = await newContact();
  await call(
    'contacts.basicApi.getById',
    () => contacts().basicApi.getById(id),
    (given) => {
      assert.equal(given.id, id);
      for (const name of ['createdate', 'email', 'firstname', 'hs_object_id', 'lastmodifieddate', 'lastname']) {
        assert.ok(name in given.properties, `${name} is missing`);
      }
      assert.ok(!('phone' in given.properties));
    },
  );
});

test('Properties asked for come as null when empty and not at all when unknown', async () => {
  const { id } = await newContact();
  await call(
    'contacts.basicApi.getById with properties',
    () => contacts().basicApi.getById(id, ['phone', 'email', 'no_such_thing']),
    (given) => {
      assert.equal(given.properties.phone, null);
      assert.match(given.properties.email, /@example\.com$/);
      assert.ok(!('no_such_thing' in given.properties));
    },
  );
});

test('A contact is found by its address', async () => {
  const made = await newContact();
  await call(
    'contacts.basicApi.getById by email',
    () => contacts().basicApi.getById(made.properties.email, undefined, undefined, undefined, false, 'email'),
    (given) => assert.equal(given.id, made.id),
  );
});

test('The history of a property tells each value, newest first', async () => {
  const { id } = await newContact({ firstname: 'First' });
  await contacts().basicApi.update(id, { properties: { firstname: 'Second' } });
  await call(
    'contacts.basicApi.getById with history',
    () => contacts().basicApi.getById(id, undefined, ['firstname']),
    (given) => {
      const history = given.propertiesWithHistory.firstname;
      assert.deepEqual(
        history.map((entry) => entry.value),
        ['Second', 'First'],
      );
      assert.ok(history[0].timestamp instanceof Date);
      assert.equal(typeof history[0].sourceType, 'string');
    },
  );
});

test('A contact made together with an association shows it', async () => {
  const company = await newCompany();
  const wanted = {
    ...someContact(),
    associations: [
      { to: { id: company.id }, types: [{ associationCategory: 'HUBSPOT_DEFINED', associationTypeId: 279 }] },
    ],
  };
  const made = await call(
    'contacts.basicApi.create with an association',
    () => contacts().basicApi.create(wanted),
    (given) => assert.match(given.id, /^\d+$/),
  );
  await call(
    'contacts.basicApi.getById with associations',
    () => contacts().basicApi.getById(made.id, undefined, undefined, ['companies']),
    (given) => {
      assert.ok(
        given.associations.companies.results.some((one) => one.id === company.id && one.type === 'contact_to_company'),
      );
    },
  );
});

test('Pages of contacts follow each other by id and end without paging', async () => {
  const first = await call(
    'contacts.basicApi.getPage',
    () => contacts().basicApi.getPage(2),
    (given) => {
      assert.equal(given.results.length, 2);
      assert.match(given.paging.next.after, /^\d+$/);
      assert.match(given.paging.next.link, /after=/);
      assert.ok(Number(given.results[0].id) < Number(given.results[1].id));
    },
  );
  await call(
    'contacts.basicApi.getPage, the second',
    () => contacts().basicApi.getPage(2, first.paging.next.after),
    (given) => {
      assert.ok(Number(given.results[0].id) > Number(first.results[1].id));
    },
  );
  await call(
    'contacts.getAll',
    () => contacts().getAll(),
    (given) => {
      assert.ok(given.length >= 30);
      assert.equal(new Set(given.map((one) => one.id)).size, given.length);
    },
  );
  await call(
    'contacts.basicApi.getPage, the last',
    () => contacts().basicApi.getPage(100),
    async (given) => {
      let page = given;
      while (page.paging?.next) page = await contacts().basicApi.getPage(100, page.paging.next.after);
      assert.equal(page.paging, undefined);
    },
  );
});

test('An update changes what it names and nothing else', async () => {
  const made = await newContact();
  await call(
    'contacts.basicApi.update',
    () => contacts().basicApi.update(made.id, { properties: { firstname: 'Grace', phone: '123' } }),
    (given) => {
      assert.equal(given.id, made.id);
      assert.equal(given.properties.firstname, 'Grace');
      assert.ok(given.updatedAt >= made.updatedAt);
    },
  );
  await call(
    'contacts.basicApi.getById after the update',
    () => contacts().basicApi.getById(made.id, ['lastname', 'phone']),
    (given) => {
      assert.equal(given.properties.lastname, 'Lovelace');
      assert.equal(given.properties.phone, '123');
    },
  );
});

test('An update may name a contact by its address, and an empty string clears a value', async () => {
  const made = await newContact({ phone: '123' });
  await call(
    'contacts.basicApi.update by email',
    () => contacts().basicApi.update(made.properties.email, { properties: { phone: '' } }, 'email'),
    (given) => assert.equal(given.id, made.id),
  );
  await call(
    'contacts.basicApi.getById after clearing',
    () => contacts().basicApi.getById(made.id, ['phone']),
    // "" and null both mean empty.
    (given) => assert.ok(!given.properties.phone),
  );
});

test('An archived contact is gone from reads and still there among the archived', async () => {
  const { id } = await newContact();
  await call(
    'contacts.basicApi.archive',
    () => contacts().basicApi.archiveWithHttpInfo(id),
    (given) => assert.equal(given.httpStatusCode, 204),
  );
  await call(
    'contacts.basicApi.getById of an archived one',
    () => contacts().basicApi.getById(id, undefined, undefined, undefined, true),
    (given) => {
      assert.equal(given.archived, true);
      assert.ok(given.archivedAt instanceof Date);
    },
  );
  await call(
    'contacts.basicApi.getPage of archived ones',
    () => contacts().basicApi.getPage(100, undefined, undefined, undefined, undefined, true),
    (given) => {
      assert.ok(given.results.some((one) => one.id === id));
      assert.ok(given.results.every((one) => one.archived));
    },
  );
});

test('Archiving what is not there is no error', async () => {
  await call(
    'contacts.basicApi.archive of an unknown id',
    () => contacts().basicApi.archiveWithHttpInfo('999999999999'),
    (given) => assert.equal(given.httpStatusCode, 204),
  );
});

test('What the library does not wrap is reached with apiRequest', async () => {
  await call(
    'apiRequest of the account',
    () => hubspot().apiRequest({ path: '/account-info/v3/details' }),
    async (given) => {
      assert.equal(given.status, 200);
      const details = await given.json();
      assert.equal(details.portalId, account.portal_id);
      assert.equal(typeof details.timeZone, 'string');
      assert.equal(typeof details.uiDomain, 'string');
    },
  );
  await call(
    'apiRequest of a dated path',
    () =>
      hubspot().apiRequest({
        method: 'POST',
        path: '/crm/objects/2026-03/contacts',
        body: someContact({ lastname: fresh('Dated') }),
      }),
    async (given) => {
      assert.equal(given.status, 201);
      assert.match((await given.json()).id, /^\d+$/);
    },
  );
});
