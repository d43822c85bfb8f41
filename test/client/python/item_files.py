"""Files of the same items by boto3, amazon.ion, csv, gzip and zstandard, and ddb's read by them.

item_files.py write FOLDER: writes them.
item_files.py read FOLDER: reads ddb's, and says of each file whether it holds the items.
"""
import base64
import csv
import gzip
import io
import json
import sys
from decimal import Decimal

import amazon.ion.simpleion as ion
import zstandard
from amazon.ion.core import IonType
from amazon.ion.simple_types import IonPyList
from boto3.dynamodb.types import Binary, TypeDeserializer, TypeSerializer

ITEMS = [
    {'id': Decimal(1), 'text': 'h\u00e9 \U0001F600 "quoted" \\ \n\t\x00\x1f\x7f\x85', 'empty': '', 'yes': True, 'no': False, 'none': None},
    {'id': Decimal(2), 'bytes': bytes(range(256)), 'no bytes': b'', "it's": {}, 'list': [], 'null': 'a word', '$ion_1_0': 'a mark'},
    {'id': Decimal(3), 'numbers': [Decimal(text) for text in (
        '0', '-0.5', '103', '600', '0.000001', '1E-7', '1E-130', '-1E+125', '12345678901234567890123456789012345678',
        '9.9999999999999999999999999999999999999E+125', '0.99999999999999999999999999999999999999')]},
    {'id': Decimal(4), 'strings': {'a', '\u00e9', ''}, 'number set': {Decimal('1'), Decimal('-2.5'), Decimal('1E+10')},
     'binaries': {b'', b'\x00', b'\xff\xfe'}},
    {'id': Decimal(5), 'nested': {'list': [{'set': {'x'}}, [None, [True, {'deep': Decimal('1.50')}]]]}, '\u540d\u524d': '\u5024'},
]
ROWS = [['id', 'a', 'a "name"'], ['1', 'plain', '1.50'], ['2', 'a "quote", a comma;|: \t', 'line\r\nbreak'], ['3', '', '']]
SETS = {str: '$dynamodb_SS', Decimal: '$dynamodb_NS', bytes: '$dynamodb_BS'}


def as_json(value):
    return base64.b64encode(bytes(value)).decode() if isinstance(value, (bytes, Binary)) else list(value)


def json_lines(**options):
    serializer = TypeSerializer()
    return ''.join(json.dumps({'Item': {name: serializer.serialize(value) for name, value in item.items()}},
                              default=as_json, **options) + '\n' for item in ITEMS).encode()


def to_ion(value):
    if isinstance(value, dict):
        return {name: to_ion(member) for name, member in value.items()}
    if isinstance(value, list):
        return [to_ion(member) for member in value]
    if isinstance(value, set):
        return IonPyList.from_value(IonType.LIST, list(value), annotations=(SETS[type(next(iter(value)))],))
    return value


def from_ion(value):
    if value.ion_type is IonType.STRUCT:
        return {name: from_ion(member) for name, member in value.items()}
    if value.ion_type is IonType.NULL:
        return None
    if value.ion_type is IonType.LIST:
        members = [from_ion(member) for member in value]
        return set(members) if value.ion_annotations else members
    if value.ion_type is IonType.BOOL:
        return bool(value)
    if value.ion_type is IonType.DECIMAL:
        return Decimal(value)
    return bytes(value) if value.ion_type is IonType.BLOB else str(value)


class Deserializer(TypeDeserializer):
    """boto3's own refuses what DynamoDB prints with more than 38 digits, the zeros of 1E+125 counted."""

    def _deserialize_n(self, value):
        return Decimal(value)


def from_json(value):
    if isinstance(value, dict):
        return {name: from_json(member) for name, member in value.items()}
    if isinstance(value, list):
        return [from_json(member) for member in value]
    if isinstance(value, set):
        return {from_json(member) for member in value}
    return bytes(value) if isinstance(value, Binary) else value


def decode_binaries(value):
    """boto3's deserializer wants bytes where JSON has base64."""
    if isinstance(value, list):
        return [decode_binaries(member) for member in value]
    if not isinstance(value, dict):
        return value
    if list(value) == ['B'] and isinstance(value['B'], str):
        return {'B': base64.b64decode(value['B'])}
    if list(value) == ['BS']:
        return {'BS': [base64.b64decode(member) for member in value['BS']]}
    return {name: decode_binaries(member) for name, member in value.items()}


def ion_lines(**options):
    return ion.dumps([{'Item': to_ion(item)} for item in ITEMS], binary=False, **options).encode()


def csv_file(delimiter, **options):
    text = io.StringIO(newline='')
    csv.writer(text, delimiter=delimiter, **options).writerows(ROWS)
    return text.getvalue().encode()


def write(folder):
    for name, content in {
            'boto3.json': json_lines(),
            'boto3-compact.json': json_lines(separators=(',', ':'), ensure_ascii=False),
            'boto3.json.gz': gzip.compress(json_lines()),
            'members.json.gz': b''.join(gzip.compress(line) for line in json_lines().splitlines(True)),
            'boto3.json.zst': zstandard.compress(json_lines()),
            'amazon.ion': ion_lines(sequence_as_stream=True),
            'amazon-pretty.ion': ion_lines(sequence_as_stream=True, indent='\t'),
            'amazon-list.ion': ion_lines(),
            'amazon-commas.ion': ion_lines(indent=' ', trailing_commas=True),
            'amazon.ion.zst': zstandard.compress(ion_lines(sequence_as_stream=True)),
            'binary.ion': ion.dumps([{'Item': to_ion(item)} for item in ITEMS], binary=True, sequence_as_stream=True),
            'comma.csv': csv_file(','),
            'all-quoted.csv': csv_file(',', quoting=csv.QUOTE_ALL, lineterminator='\n'),
            'semicolon.csv': csv_file(';'),
            'tab.csv': csv_file('\t'),
            'pipe.csv.gz': gzip.compress(csv_file('|'))}.items():
        with open(f'{folder}/{name}', 'wb') as file:
            file.write(content)


def read(folder):
    deserializer = Deserializer()
    for name, opened in {'ours.json': open, 'ours.json.gz': gzip.open, 'ours.json.zst': zstandard.open}.items():
        with opened(f'{folder}/{name}', 'rb') as file:
            items = [{key: from_json(deserializer.deserialize(decode_binaries(value))) for key, value in json.loads(line)['Item'].items()}
                     for line in io.BytesIO(file.read())]
        print(name, 'same' if items == ITEMS else items)
    for name, opened in {'ours.ion': open, 'ours.ion.gz': gzip.open, 'ours.ion.zst': zstandard.open}.items():
        with opened(f'{folder}/{name}', 'rb') as file:
            items = [from_ion(record['Item']) for record in ion.loads(file.read(), single_value=False)]
        print(name, 'same' if items == ITEMS else items)


{'write': write, 'read': read}[sys.argv[1]](sys.argv[2])
