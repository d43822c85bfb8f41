// Ion files by ion-js, and ddb's read by it: item_files.js write|read FOLDER.
import fs from 'node:fs';
import zlib from 'node:zlib';
import * as ion from 'ion-js';

const [action, folder] = process.argv.slice(2);
const item = {
  id: new ion.Decimal('6'),
  text: 'h\u00e9 \u{1F600} "quoted" \\ \n\t\u0000',
  'a name': [true, null, 12, 2.5, new ion.Decimal('-12345678901234567890.123456789012345678')],
  bytes: new Uint8Array([0, 255, 1]),
  nested: {"it's": {}},
};

// An Ion value as DynamoDB JSON.
function attribute(value) {
  const annotation = value.getAnnotations()[0];
  const type = value.getType();
  if (type === ion.IonTypes.NULL) return {NULL: true};
  if (type === ion.IonTypes.BOOL) return {BOOL: value.booleanValue()};
  if (type === ion.IonTypes.STRING) return {S: value.stringValue()};
  if (type === ion.IonTypes.DECIMAL) return {N: value.decimalValue()};
  if (type === ion.IonTypes.BLOB) return {B: Buffer.from(value.uInt8ArrayValue()).toString('base64')};
  if (type === ion.IonTypes.STRUCT) return {M: attributes(value)};
  const members = value.elements().map(attribute);
  if (annotation === undefined) return {L: members};
  const set = annotation.replace('$dynamodb_', '');
  return {[set]: members.map((member) => member[set[0]])};
}

function attributes(struct) {
  return Object.fromEntries(struct.fields().map(([name, value]) => [name, attribute(value)]));
}

// The same with numbers that can be compared.
function comparable(value) {
  if (Array.isArray(value)) return value.map(comparable);
  if (value === null || typeof value !== 'object' || value instanceof ion.Decimal) return value;
  return Object.fromEntries(Object.keys(value).sort().map((name) => [name, name === 'N' ? number(value.N)
    : name === 'NS' ? value.NS.map(number) : comparable(value[name])]));
}

function number(value) {
  const [digits, exponent] = (value instanceof ion.Decimal ? value : new ion.Decimal(value)).toString().toLowerCase().split('e');
  const [whole, fraction = ''] = digits.replace(/^-/, '').split('.');
  const all = BigInt(whole + fraction).toString();
  const kept = all.replace(/0+$/, '');
  return `${digits.startsWith('-') ? '-' : ''}${kept}e${Number(exponent ?? 0) - fraction.length + all.length - kept.length}`;
}

if (action === 'write') {
  fs.writeFileSync(`${folder}/ion-js.ion`, ion.dumpText({Item: item}));
  fs.writeFileSync(`${folder}/ion-js-pretty.ion`, ion.dumpPrettyText({Item: item}));
} else {
  const lines = fs.readFileSync(`${folder}/ours.json`, 'utf8').trim().split('\n').map((line) => JSON.parse(line).Item);
  const read = ion.loadAll(zlib.gunzipSync(fs.readFileSync(`${folder}/ours.ion.gz`))).map((record) => attributes(record.get('Item')));
  const [expected, actual] = [lines, read].map((items) => JSON.stringify(comparable(items)));
  console.log(actual === expected ? 'same' : `${actual}\n${expected}`);
}
