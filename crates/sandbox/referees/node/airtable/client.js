// Clients for the simulated Airtable, and what the areas share.

import Airtable from 'airtable';
import { credentials, fresh } from '../lib/sandbox.js';

const {
  base_url: endpointUrl,
  users: [user],
  bases: [first],
} = credentials.airtable;

export const baseId = first.base_id;

/** The first base, as the library sees it. Without retries: a test must not wait for minutes. */
export function base(options = {}, id = baseId) {
  return new Airtable({ endpointUrl, apiKey: user.token, noRetryIfRateLimited: true, ...options }).base(id);
}

const columns = [
  { name: 'Name', type: 'singleLineText' },
  { name: 'Notes', type: 'multilineText' },
  { name: 'Score', type: 'number', options: { precision: 1 } },
  { name: 'Stage', type: 'singleSelect', options: { choices: [{ name: 'Lead' }, { name: 'Customer' }] } },
  { name: 'Tags', type: 'multipleSelects', options: { choices: [{ name: 'red' }, { name: 'round' }] } },
  { name: 'When', type: 'date', options: { dateFormat: { name: 'iso', format: 'YYYY-MM-DD' } } },
  { name: 'Done', type: 'checkbox', options: { icon: 'check', color: 'greenBright' } },
  { name: 'Mail', type: 'email' },
];

/** Makes a table of its own. The library cannot, so this is a plain request. Returns `{ id, name, fields, table }`. */
export async function someTable(options) {
  const name = fresh('People ');
  const answer = await fetch(`${endpointUrl}/v0/meta/bases/${baseId}/tables`, {
    method: 'POST',
    headers: { authorization: `Bearer ${user.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name, fields: columns }),
  });
  if (answer.status !== 200) throw new Error(`no table was made: ${answer.status} ${await answer.text()}`);
  const made = await answer.json();
  const fields = Object.fromEntries(made.fields.map((field) => [field.name, field.id]));
  return { id: made.id, name, fields, table: base(options)(made.id) };
}

/** A table with one row for each name. */
export async function filled(...names) {
  const made = await someTable();
  const rows = [];
  for (let at = 0; at < names.length; at += 10) {
    rows.push(
      ...(await made.table.create(
        names.slice(at, at + 10).map((Name, count) => ({ fields: { Name, Score: at + count } })),
      )),
    );
  }
  return { ...made, rows };
}

export const names = (records) => records.map((record) => record.get('Name'));
export const recordId = /^rec[A-Za-z0-9]{14}$/;
