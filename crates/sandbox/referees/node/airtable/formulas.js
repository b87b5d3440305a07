import { assert, call, refused, test } from '../lib/referee.js';
import { names, someTable } from './client.js';

async function people() {
  const { table } = await someTable();
  await table.create([
    { fields: { Name: 'Ada', Score: 10, Stage: 'Lead', Tags: ['red'], When: '2026-01-10', Done: true } },
    { fields: { Name: 'Bob', Score: 20, Stage: 'Customer', When: '2026-02-10', Notes: 'tall' } },
    { fields: { Name: "O'Neil", Score: 30, Tags: ['red', 'round'] } },
  ]);
  return (filterByFormula) => () => table.select({ filterByFormula }).all();
}

test('A formula chooses records', async () => {
  const find = await people();
  const cases = [
    ["{Name} = 'Ada'", ['Ada']],
    ['Name = "O\'Neil"', ["O'Neil"]],
    ["{Name} != 'Ada'", ['Bob', "O'Neil"]],
    ['{Score} > 10', ['Bob', "O'Neil"]],
    ['AND({Score} >= 10, {Score} <= 20)', ['Ada', 'Bob']],
    ["OR({Name} = 'Ada', {Score} = 30)", ['Ada', "O'Neil"]],
    ["NOT({Stage} = 'Lead')", ['Bob', "O'Neil"]],
    ['{Done}', ['Ada']],
    ["{Stage} = ''", ["O'Neil"]],
    ['{Notes} = BLANK()', ['Ada', "O'Neil"]],
    ["LOWER({Name}) = 'bob'", ['Bob']],
    ["FIND('d', {Name})", ['Ada']],
    ["SEARCH('tall', {Notes})", ['Bob']],
    ["IS_AFTER({When}, '2026-02-01')", ['Bob']],
    ['RECORD_ID()', ['Ada', 'Bob', "O'Neil"]],
    ['FALSE()', []],
  ];
  for (const [formula, wanted] of cases) {
    await call(`select with ${formula}`, find(formula), (records) => assert.deepEqual(names(records).sort(), wanted));
  }
});

test('A formula that is none is refused', async () => {
  const find = await people();
  await refused('select with a broken formula', find('AND({Name} ='), (error) => assert.equal(error.statusCode, 422));
});
