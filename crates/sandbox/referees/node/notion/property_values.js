// Each type of value is written and read back.

import { assert, call, test } from '../lib/referee.js';
import { notion, row, someDatabase, text } from './client.js';

const values = [
  [
    'rich_text',
    'Notes',
    { rich_text: [{ text: { content: 'A note' } }] },
    (given) => {
      const [part] = given.rich_text;
      assert.equal(part.type, 'text');
      assert.equal(part.text.content, 'A note');
      assert.equal(part.text.link, null);
      assert.equal(part.plain_text, 'A note');
      assert.equal(part.href, null);
      assert.equal(part.annotations.bold, false);
      assert.equal(part.annotations.color, 'default');
    },
  ],
  ['number', 'Score', { number: 1.5 }, (given) => assert.equal(given.number, 1.5)],
  [
    'select',
    'Stage',
    { select: { name: 'Lead' } },
    (given) => {
      assert.equal(given.select.name, 'Lead');
      assert.equal(given.select.color, 'blue');
      assert.ok(given.select.id);
    },
  ],
  [
    'multi_select',
    'Tags',
    { multi_select: [{ name: 'red' }, { name: 'round' }] },
    (given) => assert.deepEqual(given.multi_select.map((one) => one.name).sort(), ['red', 'round']),
  ],
  [
    'date',
    'When',
    { date: { start: '2026-03-04', end: '2026-03-06' } },
    (given) => assert.deepEqual(given.date, { start: '2026-03-04', end: '2026-03-06', time_zone: null }),
  ],
  ['checkbox', 'Done', { checkbox: true }, (given) => assert.equal(given.checkbox, true)],
  ['url', 'Site', { url: 'https://example.com/a' }, (given) => assert.equal(given.url, 'https://example.com/a')],
  ['email', 'Mail', { email: 'ada@example.com' }, (given) => assert.equal(given.email, 'ada@example.com')],
  ['phone_number', 'Phone', { phone_number: '+44 1234' }, (given) => assert.equal(given.phone_number, '+44 1234')],
];

for (const [type, name, value, check] of values) {
  test(`A value of type ${type} is written and read back`, async () => {
    const { source } = await someDatabase();
    const page = await row(source, 'Ada');
    await call(
      `pages.update of ${type}`,
      () => notion().pages.update({ page_id: page.id, properties: { [name]: value } }),
      (given) => {
        const property = given.properties[name];
        assert.equal(property.type, type);
        assert.ok(property.id);
        check(property);
      },
    );
  });
}

test('A choice that is new to a select is added to it', async () => {
  const { source } = await someDatabase();
  await call(
    'pages.create with a new choice',
    () => row(source, 'Ada', { Stage: { select: { name: 'Partner' } } }),
    (given) => assert.equal(given.properties.Stage.select.name, 'Partner'),
  );
  await call(
    'dataSources.retrieve after it',
    () => notion().dataSources.retrieve({ data_source_id: source }),
    (given) => assert.ok(given.properties.Stage.select.options.some((option) => option.name === 'Partner')),
  );
});

test('Text of several parts and a link keeps them', async () => {
  const { source } = await someDatabase();
  const parts = [
    { text: { content: 'See ' } },
    { text: { content: 'here', link: { url: 'https://example.com/' } }, annotations: { bold: true } },
  ];
  await call(
    'pages.create with rich text',
    () => row(source, 'Ada', { Notes: { rich_text: parts } }),
    (given) => {
      const [first, second] = given.properties.Notes.rich_text;
      assert.equal(first.plain_text + second.plain_text, 'See here');
      assert.equal(second.href, 'https://example.com/');
      assert.equal(second.annotations.bold, true);
    },
  );
});

test('Rows of one data source refer to rows of another', async () => {
  const other = await someDatabase({ Name: { title: {} } });
  const friend = await row(other.source, 'Friend');
  const { source } = await someDatabase({
    Name: { title: {} },
    Friends: { relation: { data_source_id: other.source, type: 'single_property', single_property: {} } },
  });
  await call(
    'pages.create with a relation',
    () => row(source, 'Ada', { Friends: { relation: [{ id: friend.id }] } }),
    (given) => assert.deepEqual(given.properties.Friends.relation, [{ id: friend.id }]),
  );
});

test('Notion keeps some values itself', async () => {
  const { source } = await someDatabase({
    Name: { title: {} },
    Made: { created_time: {} },
    Changed: { last_edited_time: {} },
    By: { created_by: {} },
    No: { unique_id: { prefix: 'REF' } },
  });
  await call(
    'pages.create with computed columns',
    () => row(source, 'Ada'),
    (given) => {
      assert.equal(given.properties.Made.created_time, given.created_time);
      assert.equal(given.properties.Changed.last_edited_time, given.last_edited_time);
      assert.equal(given.properties.By.created_by.id, given.created_by.id);
      assert.equal(given.properties.No.unique_id.prefix, 'REF');
      assert.equal(typeof given.properties.No.unique_id.number, 'number');
    },
  );
});

test('A title may be any text', async () => {
  const { source } = await someDatabase();
  await call(
    'pages.create with a title from many alphabets',
    () => row(source, 'Zoë 日本 🙂 "quoted"'),
    (given) => {
      assert.equal(given.properties.Name.title[0].plain_text, 'Zoë 日本 🙂 "quoted"');
      assert.equal(text('a')[0].text.content, 'a');
    },
  );
});
