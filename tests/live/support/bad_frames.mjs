// The table of what a client must not send, and what the server answers: an error
// code, or a close code. `file` is a file of 12 characters at revision 3 that the
// sender follows. Frames are JSON text, or values, or bytes.

export const fileText = 'Hello 😀 you!';
export const file = 'main.py';

const longNumber = `0.${'1'.repeat(100)}e-2147483639`;
const op = (fields) => ({ type: 'op', file, rev: 3, seq: 1, op: ['x'], ...fields });
/** A good message of each type, as its fields in JSON. */
const good = {
  hello: { client: '"abc"', name: '"n"', token: '"t"', open: '[]' },
  open: { file: '"main.py"', rev: '3', seq: '1' },
  close: { file: '"main.py"' },
  op: { file: '"main.py"', rev: '3', seq: '1', op: '["x"]' },
  cursor: { file: '"main.py"', rev: '3', ranges: '[[0,1]]' },
  chat: { id: '1', text: '"hi"' },
  diverged: { file: '"main.py"', rev: '3', length: '12', crc32: '1' },
  file: { do: '"create"', file: '"new.py"', to: '"a"', text: '"t"', language: '"l"' },
  complete: { ask: '1', file: '"main.py"', rev: '3', position: '1' },
  refactor: { ask: '1', file: '"main.py"', rev: '3', range: '[0,1]', instruction: '"x"' },
  cancel: { ask: '1' },
};
const required = {
  hello: ['client'], open: ['file'], close: ['file'], op: ['file', 'rev', 'seq', 'op'],
  cursor: ['file', 'rev', 'ranges'], chat: ['id', 'text'],
  diverged: ['file', 'rev', 'length', 'crc32'], file: ['do', 'file'],
  complete: ['ask', 'file', 'rev', 'position'], refactor: ['ask', 'file', 'rev', 'range', 'instruction'],
  cancel: ['ask'],
};
const wrong = {
  text: ['1', 'null', '[]', '{}', 'true'],
  number: ['"1"', 'null', '-1', '0.5', '1e400', '9007199254740993', '1e2', '[]', `${longNumber}`,
    '18446744073709551616', '-9223372036854775809'],
  list: ['1', '"x"', 'null', '{}', '[1]'],
};
const kindOf = (value) => (value[0] === '"' ? 'text' : value[0] === '[' ? 'list' : 'number');

const json = (type, fields) =>
  `{"type":"${type}"${Object.entries(fields).map(([k, v]) => `,"${k}":${v}`).join('')}}`;

// A number that no double holds is not even JSON to some parsers.
const badOp = (text) => (text.includes('1e400') ? ['bad_op', 'bad_message'] : 'bad_op');

/** Every field of every type missing, and of every wrong type. */
function fieldCases(type) {
  const cases = [];
  const expect = type === 'hello' ? { before: true, close: 4400 } : { error: 'bad_message' };
  for (const [name, value] of Object.entries(good[type])) {
    const { [name]: _, ...without } = good[type];
    if (required[type].includes(name))
      cases.push({ name: `${type} without ${name}`, send: json(type, without), ...expect });
    for (const bad of wrong[kindOf(value)]) {
      const isOp = type === 'op' && name === 'op';
      cases.push({
        name: `${type} with ${name} ${bad.slice(0, 24)}`,
        send: json(type, { ...good[type], [name]: bad }),
        ...expect,
        ...(isOp ? { error: bad === '[1]' ? null : badOp(bad) } : {}),
      });
    }
  }
  // [1] is a good operation: it changes nothing.
  return cases.filter(({ error }) => error !== null);
}

const surrogates = ['\\ud800', '\\udc00', 'a\\udbffb', '\\udfff\\ud800', '\\ud83d\\u0041'];

function textCases() {
  const inText = [...surrogates, '\\u0000', 'a\\u0000b'];
  return inText.flatMap((text) => [
    { name: `op inserting ${text}`, send: json('op', { ...good.op, op: `["${text}"]` }),
      error: 'bad_op' },
    { name: `chat of ${text}`, send: json('chat', { ...good.chat, text: `"${text}"` }),
      error: 'bad_message' },
    { name: `file named ${text}`, send: json('file', { ...good.file, file: `"${text}"` }),
      error: 'bad_message' },
    { name: `file of text ${text}`, send: json('file', { ...good.file, text: `"${text}"` }),
      error: 'bad_message' },
    { name: `hello as ${text}`, send: json('hello', { client: `"${text}"` }), before: true,
      close: 4400 },
    { name: `an unknown field ${text}`, send: json('close', { file: '"x"', y: `"${text}"` }),
      error: 'bad_message' },
  ]);
}

const many = (count, part) => `[${Array(count).fill(part).join(',')}]`;
const withOp = (text) => json('op', { ...good.op, op: text });

const opCases = [
  ...['[-1]', '[0.5]', '[1e400]', '[null]', '[true]', '[[1]]', '[{}]', '[{"d":-1}]', '[{"d":0.5}]',
    '[{"d":"1"}]', '[{"d":1,"e":2}]', '[{"x":1}]', '[2147483648]', '[9007199254740993]',
    '[{"d":9007199254740993}]', '[2147483647,2147483647,"x"]', `[${longNumber}]`,
    `[{"d":${longNumber}}]`, '{"d":1}', many(10_001, '"x"')]
    .map((text) => ({ name: `op ${text.slice(0, 40)}`, send: withOp(text), error: badOp(text) })),
  ...['[13]', '[12,{"d":1}]', '[{"d":13}]', '[2147483647,"x"]', '[5,{"d":7},1,"x"]']
    .map((text) => ({ name: `op beyond the text ${text}`, send: withOp(text), error: 'bad_op' })),
  { name: 'op inserting too much', send: op({ op: ['x'.repeat(131_073)] }), error: 'too_large' },
  { name: 'op on a revision to come', send: op({ rev: 4 }), error: 'stale' },
  { name: 'op on revision 2^53', send: op({ rev: 2 ** 53 }), error: 'stale' },
  { name: 'op on an unknown file', send: op({ file: 'none.py' }), error: ['stale', 'unknown_file'] },
  { name: 'op with seq 0', send: op({ seq: 0 }), error: 'bad_message' },
  { name: 'op to a file not opened', send: op({ file: 'other.py' }), error: 'stale' },
];

const otherCases = [
  { name: 'open of an unknown file', send: { type: 'open', file: 'none.py' }, error: 'unknown_file' },
  { name: 'open at a revision to come', send: { type: 'open', file, rev: 4 }, error: 'stale' },
  { name: 'open at 2^53', send: { type: 'open', file, rev: 2 ** 53 }, error: 'stale' },
  { name: 'cursor at a revision to come', error: 'stale',
    send: { type: 'cursor', file, rev: 4, ranges: [[0, 0]] } },
  { name: 'cursor beyond the text', quiet: true,
    send: { type: 'cursor', file, rev: 3, ranges: [[0, 13]] } },
  { name: 'cursor with a range of three', error: 'bad_message',
    send: { type: 'cursor', file, rev: 3, ranges: [[0, 1, 2]] } },
  { name: 'cursor with too many ranges', error: 'bad_message',
    send: { type: 'cursor', file, rev: 3, ranges: Array(101).fill([0, 1]) } },
  { name: 'chat of nothing', send: { type: 'chat', id: 1, text: '' }, error: 'bad_message' },
  { name: 'chat too long', send: { type: 'chat', id: 1, text: 'é'.repeat(4001) }, error: 'too_large' },
  { name: 'file with an unknown do', send: { type: 'file', do: 'chmod', file }, error: 'bad_message' },
  { name: 'file created twice', send: { type: 'file', do: 'create', file }, error: 'file_exists' },
  { name: 'file deleted that is none', error: 'unknown_file',
    send: { type: 'file', do: 'delete', file: 'none.py' } },
  { name: 'file renamed to one that is', error: 'file_exists',
    send: { type: 'file', do: 'rename', file, to: 'other.py' } },
  { name: 'file renamed without to', error: 'bad_message',
    send: { type: 'file', do: 'rename', file } },
  ...['', '..', '../x', 'a/../b', '/x', 'x/', 'a//b', 'a\\b', 'a\nb', '.', 'x'.repeat(201)]
    .map((name) => ({ name: `file named ${JSON.stringify(name.slice(0, 10))}`, error: 'bad_message',
      send: { type: 'file', do: 'create', file: name } })),
  ...[['at a revision to come', { rev: 4 }, 'stale'], ['at 2^53', { rev: 2 ** 53 }, 'stale'],
    ['of a file not opened', { file: 'other.py' }, 'stale'], ['of no file', { file: 'none.py' }, ['stale', 'unknown_file']],
    ['beyond the text', { position: 13 }, 'bad_message'], ['at position 2^53', { position: 2 ** 53 }, 'bad_message'],
    ['as ask 0', { ask: 0 }, 'bad_message']]
    .map(([what, fields, error]) => ({ name: `complete ${what}`, error,
      send: { type: 'complete', ask: 1, file, rev: 3, position: 1, ...fields } })),
  ...[[1, 0], [0, 1, 2], [0], [0, 0.5], [0, -1], ['0', '1'], [[0, 1]]].map((range) => ({ name: `refactor of ${JSON.stringify(range)}`,
    error: 'bad_message', send: { type: 'refactor', ask: 1, file, rev: 3, range, instruction: 'x' } })),
  { name: 'refactor without a model', error: 'forbidden',
    send: { type: 'refactor', ask: 1, file, rev: 3, range: [0, 1], instruction: 'x' } },
  { name: 'hello twice', send: { type: 'hello', client: 'again' }, error: 'bad_message' },
  { name: 'a type of the server', send: { type: 'ack', file, seq: 1, rev: 1 }, error: 'bad_message' },
];

const junk = ['', ' ', '{', '[]', '1', 'null', '"hello"', '{}', '{"type":1}', '{"type":"nope"}',
  '{"type":"chat","type":"chat"}', '{"type":"close","file":"a","file":"b"}', '{"type":"close"} {}',
  '{"type":"close","file":"x",}', "{'type':'close'}", '{"type":"chat","id":01,"text":"x"}',
  '{"type":"chat","id":NaN,"text":"x"}', '\uFEFF{"type":"nope"}', '<xml/>',
  `{"type":"chat","id":1,"text":"x","n":${longNumber}`, '{"type":"close","file":"\n"}',
  `{${Array.from({ length: 100 }, (_, i) => `"k${i}":1`).join(',')}}`];

const deep = (open, close, depth) => open.repeat(depth) + close.repeat(depth);

export const frameCases = [
  ...Object.keys(good).flatMap(fieldCases),
  ...textCases(),
  ...opCases,
  ...otherCases,
  ...junk.map((send) => ({ name: `junk ${send.slice(0, 30)}`, send, error: 'bad_message' })),
  { name: 'depth 17', send: `{"type":"close","file":${deep('[', ']', 17)}}`, error: 'bad_message' },
  ...[['[', ']'], ['{"a":', '}']].map(([open, close]) => ({
    name: `depth 10^6 of ${open}`, send: deep(open, close, 1_000_000).slice(0, 6_000_000),
    error: 'bad_message' })),
  { name: 'a million values', send: many(1_000_000, '1'), error: 'bad_message' },
  { name: 'a million keys', error: 'bad_message',
    send: `{${Array.from({ length: 400_000 }, (_, i) => `"${i}":1`).join(',')}}` },
  { name: 'not hello first', before: true, send: { type: 'open', file }, close: 4400 },
  { name: 'junk before hello', before: true, send: '{', close: 4400 },
  { name: 'depth before hello', before: true, send: deep('[', '', 60_000), close: 4400 },
  { name: 'more than a hello may be', before: true, send: deep('[', '', 70_000), close: 4413 },
  ...['', 'a b', 'é', 'x'.repeat(65), '../x', 'a"b'].map((client) => ({
    name: `hello as ${JSON.stringify(client.slice(0, 10))}`, before: true,
    send: { type: 'hello', client }, close: 4400 })),
];
