-- DynamoDB's file formats: DynamoDB JSON, Ion and CSV, plain and compressed.
\set VERBOSITY default
\set SHOW_CONTEXT never
CREATE FUNCTION read_text(file text, format text DEFAULT 'DYNAMODB_JSON', delimiter text DEFAULT ',',
	header text[] DEFAULT NULL, key_types jsonb DEFAULT NULL,
	OUT record bigint, OUT item ddb.item, OUT problem text) RETURNS SETOF record LANGUAGE sql AS $$
	SELECT * FROM ddb.read_items(convert_to(file, 'UTF8'), format, 'NONE', delimiter, header, key_types)
$$;

-- What there is to be kept: every type, the edges of each, and odd names.
CREATE TABLE kept AS SELECT row_number() OVER () AS id, text::ddb.item AS item FROM unnest(ARRAY[
	'{}',
	'{"s":{"S":""},"b":{"B":""},"t":{"BOOL":true},"f":{"BOOL":false},"0":{"NULL":true},"m":{"M":{}},"l":{"L":[]}}',
	'{"ss":{"SS":["","a","é"]},"ns":{"NS":["0","-1","1e-130"]},"bs":{"BS":["","AA==","AAE="]}}',
	'{"n":{"L":[{"N":"0"},{"N":"-0.5"},{"N":"103"},{"N":"600"},{"N":"2000"},{"N":"0.000001"},{"N":"0.0000001"},{"N":"-12.5e-9"}]}}',
	'{"n":{"L":[{"N":"12345678901234567890123456789012345678"},{"N":"-1.2345678901234567890123456789012345678"},{"N":"0.99999999999999999999999999999999999999"}]}}',
	'{"n":{"L":[{"N":"9.9999999999999999999999999999999999999E+125"},{"N":"-9.9999999999999999999999999999999999999E+125"},{"N":"1E-130"},{"N":"-1E-130"},{"N":"1E125"}]}}',
	'{"s":{"S":"\u0000\u0001\b\t\n\u000b\f\r\u001b\u001f\u007f\u0085\"\\/''''''"},"u":{"S":"é\u20ac\ud83d\ude00\uffff\ud800\udc00"}}',
	'{"a b":{"S":"1"},"a''b":{"S":"2"},"a\\b":{"S":"3"},"a\nb":{"S":"4"},"é":{"S":"5"},"null":{"S":"6"},"$10":{"S":"7"},"$ion_1_0":{"S":"8"},"_x$1":{"S":"9"},"1a":{"S":"10"},"true":{"S":"11"},"nan":{"S":"12"},"\"":{"S":"13"},"nulls":{"S":"14"},"$":{"S":"15"}}',
	'{"l":{"L":[{"M":{"x":{"L":[{"NS":["1"]},{"NULL":true}]}}},{"S":"$ion_1_0 {Item:{}}"},{"S":"// no comment"}]}}',
	'{"deep":' || repeat('{"L":[', 31) || '{"N":"1"}' || repeat(']}', 31) || '}'
]) text;
SELECT ddb.item_to_line(item), ddb.item_to_line(item, 'ION') FROM kept WHERE id < 10 ORDER BY id;
SELECT format, count(*) FROM kept, unnest(ARRAY['DYNAMODB_JSON', 'ION']) format
	WHERE ddb.item_from_line(ddb.item_to_line(item, format), format) = item GROUP BY format ORDER BY format;

-- Files of them in each format and compression, read again.
CREATE TABLE files AS
	SELECT 'DYNAMODB_JSON' AS format, 'NONE' AS compression, ddb.write_items(item) AS file FROM kept UNION ALL
	SELECT 'ION', 'NONE', ddb.write_items(item, 'ION') FROM kept UNION ALL
	SELECT 'DYNAMODB_JSON', 'GZIP', ddb.write_items(item, 'DYNAMODB_JSON', 'GZIP') FROM kept UNION ALL
	SELECT 'DYNAMODB_JSON', 'ZSTD', ddb.write_items(item, 'DYNAMODB_JSON', 'ZSTD') FROM kept UNION ALL
	SELECT 'ION', 'GZIP', ddb.write_items(item, 'ION', 'GZIP') FROM kept UNION ALL
	SELECT 'ION', 'ZSTD', ddb.write_items(item, 'ION', 'ZSTD') FROM kept;
SELECT format, compression, count(*), bool_and(read.item = kept.item AND problem IS NULL) AS equal
	FROM files, ddb.read_items(file, format, compression) read JOIN kept ON kept.id = read.record GROUP BY 1, 2 ORDER BY 1, 2;
-- the same bytes each time
SELECT (SELECT ddb.write_items(item, 'ION', 'GZIP') FROM kept) = file AS same FROM files WHERE format = 'ION' AND compression = 'GZIP';

-- AWS's own examples
SELECT item FROM read_text('{"Item":{"Authors":{"SS":["Author1","Author2"]},"Dimensions":{"S":"8.5 x 11.0 x 1.5"},"ISBN":{"S":"333-3333333333"},"Id":{"N":"103"},"InPublication":{"BOOL":false},"PageCount":{"N":"600"},"Price":{"N":"2000"},"ProductCategory":{"S":"Book"},"Title":{"S":"Book 103 Title"}}}');
SELECT item, ddb.item_to_line(item, 'ION') FROM read_text($$$ion_1_0 {
    Item:{
        Authors:$dynamodb_SS::["Author1","Author2"],
        Dimensions:"8.5 x 11.0 x 1.5",
        ISBN:"333-3333333333",
        Id:103.,
        InPublication:false,
        PageCount:6d2,
        Price:2d3,
        ProductCategory:"Book",
        Title:"Book 103 Title"
    }
}
$$, 'ION');
SELECT item FROM read_text($$pk,title,artist,year_of_release
Albums::Rock::Classic::1973::AlbumId::ALB25,The Dark Side of the Moon,Pink Floyd,1973
$$, 'CSV');
SELECT * FROM read_text(E'a,b,c\nid,value "123",Women''s Full Lenth Dress\nid,"value ""123""",Women''s Full Lenth Dress', 'CSV');

-- JSON: lines, with the ends that lines have, and blank ones; a bad one does not stop the others.
SELECT * FROM read_text(E'\uFEFF{"Item":{"a":{"S":"1"}}}\r\n\n  \t\r\n { "Item" : { "a" : { "S" : "2" } } } \n{"Item":{"a":{"S":"3"}}}');
SELECT * FROM read_text($$[]
{"Item":1}
{"Item":null}
{}
{"Items":{}}
{"Item":{},"Other":1}
{"Item":{"a":{"S":1}}}
{"Item":{"a":{"N":"1,5"}}}
{"Item":{"a":{"N":"123456789012345678901234567890123456789"}}}
{"Item":{"a":{"N":"1e126"}}}
{"Item":{"a":{"B":"AAE"}}}
{"Item":{"a":{"B":"AAF="}}}
{"Item":{"a":{"SS":[]}}}
{"Item":{"a":{"SS":["b","a","b"]}}}
{"Item":{"a":{"NS":["1","1.0"]}}}
{"Item":{"a":{"S":"1"},"a":{"S":"2"}}}
{"Item":{"":{"S":"1"}}}
{"Item":{"a":{"S":"1","N":"1"}}}
{"Item":{"a":{"X":"1"}}}
{"Item":{"a":{"S":"\ud800"}}}
{"Item":{"a":{"S":"1"}}
{"Item":{"a":{"S":"1"}}}}
{"Item":{"a\u0000":{"S":"1"}}}
{"Item":{"\u0061":{"S":"good"},"b":{"BOOL":"true"},"c":{"S":"x","N":null},"d":{"N":"+1.50E1"}}}$$);
SELECT problem FROM read_text('{"Item":{"a":' || repeat('{"L":[', 32) || '{"N":"1"}' || repeat(']}', 32) || '}}');
SELECT problem FROM read_text('{"Item":{"a":{"S":"' || repeat('x', 409600) || '"}}}');
SELECT problem, length(ddb.item_to_line(item)) FROM read_text('{"Item":{"a":{"S":"' || repeat('\u0001', 409599) || '"}}}');
SELECT record, problem FROM ddb.read_items('{"Item":{"a":{"S":"'::bytea || '\xff'::bytea || '"}}}'::bytea || E'\n{"Item":{}}'::bytea);
SELECT record FROM ddb.read_items(''::bytea);
SELECT record FROM ddb.read_items(NULL);

-- Ion: all that its text can be, and what of it DynamoDB has no type for.
SELECT * FROM read_text($$// comments /* stand */ where space does
$ion_1_0 /* as
this */ {Item:{a:1}}{Item:{"a":"b",'c d':'''long ''' // and
 '''string''',e:"\a\b\t\n\f\r\v\?\0\'\"\/\\\x41\u00e9\U0001F600\ud83d\ude00\
end",}}
$ion_1_0
[{Item:{a:1}}, {Item:{a:2}},
 5, {Item:{a:3}}]
{Item:{i:[0,-0,123,-123,1_000_000,0xff,-0xFF_FF,0b101,1.,1.50,-0.,1d2,1D-2,1.5e3,1E0]}}
{'Item':{n:[null,null.null,null.bool,null.int,null.string,null.list,null.struct],t:true,f:false}}
{"Item":{b:{{ AA EC }},c:{{}},'''long name''':[],s:$dynamodb_SS::["b",'''a'''],n:'$dynamodb_NS' :: [1,2.5],x:$dynamodb_BS::[{{AA==}},{{}}]}}
$ion_symbol_table::{symbols:["a"]}
{Item:{last:$$ || '"' || '€' || '"' || $$}}$$, 'ION');
SELECT * FROM read_text($$$ion_1_0 {Item:{a:2007-02-23T12:14:33.079-08:00}}
$ion_1_0 {Item:{a:2007T}}
$ion_1_0 {Item:{a:symbol}}
$ion_1_0 {Item:{a:'quoted symbol'}}
$ion_1_0 {Item:{a:(s + (expression) -1 2)}}
$ion_1_0 {Item:{a:{{"clob"}}}}
$ion_1_0 {Item:{a:{{'''long''' '''clob'''}}}}
$ion_1_0 {Item:{a:nan}}
$ion_1_0 {Item:{a:+inf}}
$ion_1_0 {Item:{a:[-inf]}}
$ion_1_0 {Item:{a:degrees::5}}
$ion_1_0 {Item:{a:$dynamodb_SS::[]}}
$ion_1_0 {Item:{a:$dynamodb_SS::["a","a"]}}
$ion_1_0 {Item:{a:$dynamodb_SS::["a",1]}}
$ion_1_0 {Item:{a:$dynamodb_NS::["1"]}}
$ion_1_0 {Item:{a:$dynamodb_SS::"a"}}
$ion_1_0 {Item:{a:$dynamodb_SS::a}}
$ion_1_0 {Item:{a:$dynamodb_SS::$dynamodb_SS::["a"]}}
$ion_1_0 {Item:{a:$dynamodb_L::["a"]}}
$ion_1_0 {Item:{a:$dynamodb_SS::[["a"]]}}
$ion_1_0 {Item:{a:1,a:2}}
$ion_1_0 {Item:{'':1}}
$ion_1_0 {Item:{'a\0':1}}
$ion_1_0 {Item:{$10:1}}
$ion_1_0 {Item:{a:123456789012345678901234567890123456789}}
$ion_1_0 {Item:{a:0xffffffffffffffffffffffffffffffffffffff}}
$ion_1_0 {Item:{a:1d126}}
$ion_1_0 {Item:{a:{{AAE}}}}
$ion_1_0 {Item:[]}
$ion_1_0 {Item:null.struct}
$ion_1_0 {Items:{}}
$ion_1_0 {Item:{},Other:{}}
$ion_1_0 {}
$ion_1_0 5
$ion_1_0 "text"
$ion_1_0 x::{Item:{}}
$ion_1_0 $dynamodb_SS::["a"]
$ion_1_0 {Item:{good:true}}$$, 'ION');
-- where it is no Ion, reading goes on behind the next line that begins with a version mark
SELECT * FROM read_text($$$ion_1_0 {Item:{a:"unended}}
$ion_1_0 {Item:{a:"good"}}
$ion_1_0 {Item:{a:007}}
$ion_1_0 {Item:{a:1__0}}
$ion_1_0 {Item:{a:1_}}
$ion_1_0 {Item:{a:1d}}
$ion_1_0 {Item:{a:0x}}
$ion_1_0 {Item:{a:-}}
$ion_1_0 {Item:{a:1 2}}
$ion_1_0 {Item:{a:[1,,2]}}
$ion_1_0 {Item:{a 1}}
$ion_1_0 {Item:{null:1}}
$ion_1_0 {Item:{a:null.what}}
$ion_1_0 {Item:{a:"\q"}}
$ion_1_0 {Item:{a:"\ud800"}}
$ion_1_0 {Item:{a:"\ud800\u0041"}}
$ion_1_0 {Item:{a:"\udc00"}}
$ion_1_0 {Item:{a:"\xg0"}}
$ion_1_0 {Item:{a:"\U00110000"}}
$ion_1_0 {Item:{a:{{AAEC}
$ion_1_0 {Item:{a:%}}
$ion_1_0 {Item:{a:[1}}
$ion_1_0 [{Item:{a:1}} {Item:{a:2}}]
$ion_1_0 {Item:{a:"the end"}}$$, 'ION');
SELECT problem FROM read_text('{Item:{a:' || repeat('[', 32) || '1' || repeat(']', 32) || '}}', 'ION');
SELECT problem IS NULL AS taken FROM read_text('{Item:{a:' || repeat('[', 31) || '1' || repeat(']', 31) || '}}', 'ION');
SELECT problem FROM read_text('$ion_1_0 {Item:{a:' || repeat('[', 100000) || E'\n$ion_1_0 {Item:{}}', 'ION');
SELECT record, problem FROM ddb.read_items('{Item:{a:"'::bytea || '\xff'::bytea || '"}}{Item:{}}'::bytea, 'ION');
-- what cannot be read on
SELECT * FROM read_text('{Item:{}} {Item:{', 'ION');
SELECT * FROM read_text('[{Item:{}}', 'ION');
SELECT * FROM read_text('$ion_1_1 {Item:{}}', 'ION');
SELECT * FROM ddb.read_items('\xE00100EA', 'ION');
SELECT * FROM read_text('{Item:{}} } {Item:{}}', 'ION');

-- CSV: quotes, line breaks within them, delimiters, headers, the types of keys, empty columns
SELECT * FROM read_text(E'\uFEFFid,"a ""name""",c\r\n1,"x\r\ny,z",\r\n\r\n2,,""\r\n3," ",\ttab\n4,"""",a\rb', 'CSV', key_types => '{"id": "N"}');
SELECT * FROM read_text(E'id\nAAE=\nAAE\n', 'CSV', key_types => '{"id": "B"}');
SELECT delimiter, item FROM unnest(ARRAY[',', E'\t', ':', ';', '|', ' ']) delimiter,
	read_text('1' || delimiter || '"a' || delimiter || 'b"', 'CSV', delimiter, ARRAY['x', 'y']);
SELECT * FROM read_text(E'1,2\n1\n1,2,3\n"1"2,3\n1,2"\n"a\\"b",1\n3,4\n', 'CSV', header => ARRAY['x', 'y'], key_types => '{"x": "N"}');
SELECT * FROM read_text(E'x,y\n1,"2\n3,4\n', 'CSV');
-- lines that end with CR alone are no lines, and none of them is lost unseen
SELECT * FROM read_text(E'k,a\r1,2\r3,4\r', 'CSV');
SELECT * FROM read_text(E'k\r1\r2\r', 'CSV');
SELECT * FROM read_text(E'1\r2\r3\r', 'CSV', header => ARRAY['k']);
SELECT * FROM read_text(E'k,a\n1,2\r3,4\n5,6\n7,"8"\r9,10\n11,"\r"\n', 'CSV');
SELECT * FROM read_text(E'{"Item":{"k":{"S":"1"}}}\r{"Item":{"k":{"S":"2"}}}\r');
SELECT * FROM read_text(E'// a comment\r{Item:{k:"1"}}\r{Item:{k:"2"}}\r', 'ION');
-- nor is a row taken for the header, where that cannot be read
SELECT * FROM read_text(E'k,a"b\n1,2\n3,4\n', 'CSV');
-- nor does anything else stand for nothing
SELECT * FROM read_text('{"Item":{"k":{"S":"1"}},"Item":{"k":{"S":"2"}}}');
SELECT * FROM read_text('{"Item":{"k":{"S":"1"}}} {"Item":{"k":{"S":"2"}}}');
SELECT record, problem FROM ddb.read_items('{"Item":{"k":{"S":"1"}}}'::bytea || '\x00'::bytea || '{"Item":{"k":{"S":"2"}}}'::bytea || E'\n'::bytea || '\x00'::bytea || E'\n'::bytea);
SELECT * FROM read_text('{Item:{k:"1"},Item:{k:"2"}}', 'ION');
SELECT * FROM read_text('{Item:{k:"1"}} /* {Item:{k:"2"}}', 'ION');
SELECT * FROM read_text('$ion_symbol_table::[{Item:{k:"1"}}] x::$ion_symbol_table::{Item:{k:"2"}} {Item:{k:"3"}}', 'ION');
SELECT * FROM read_text('[{Item:{k:"1"}}, [{Item:{k:"2"}}], null, null.struct] null', 'ION');
SELECT * FROM read_text(E'x,x\n1,2\n', 'CSV');
SELECT * FROM read_text(E'x,\n1,2\n', 'CSV');
SELECT * FROM read_text('x,y', 'CSV');
SELECT record, problem FROM ddb.read_items('x,y'::bytea || E'\n1,'::bytea || '\xff'::bytea || E'\n1,2'::bytea, 'CSV');
-- U+0000, which a string may have and a name may not
SELECT * FROM ddb.read_items('x,y'::bytea || E'\n1,a'::bytea || '\x0000'::bytea || E'é\n2,"'::bytea || '\x00'::bytea || E'"\n3,'::bytea || '\x00ff'::bytea || E'\n4,'::bytea || '\x00c3'::bytea, 'CSV');
SELECT * FROM ddb.read_items('x,y'::bytea || '\x00'::bytea || E'\n1,2'::bytea, 'CSV');

-- Compression: members and frames one behind the other; what is cut off or changed
SELECT compression, count(*) FROM files, ddb.read_items(file || file, format, compression) WHERE format = 'ION' GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM ddb.read_items(''::bytea, 'ION', 'GZIP');
SELECT count(item) FROM files, ddb.read_items(substr(file, 1, length(file) - 1), format, compression) WHERE format = 'ION' AND compression = 'GZIP';
SELECT count(item) FROM files, ddb.read_items(substr(file, 1, length(file) - 1), format, compression) WHERE format = 'ION' AND compression = 'ZSTD';
SELECT count(item) FROM files, ddb.read_items(set_byte(file, length(file) - 6, 1 + get_byte(file, length(file) - 6) & 255), format, compression) WHERE format = 'ION' AND compression = 'GZIP';
SELECT count(item) FROM files, ddb.read_items(set_byte(file, length(file) - 2, 255 - get_byte(file, length(file) - 2)), format, compression) WHERE format = 'ION' AND compression = 'ZSTD';
SELECT count(item) FROM files, ddb.read_items(file || 'more'::bytea, format, compression) WHERE format = 'ION' AND compression = 'GZIP';
-- zeros behind the last member, as gzip takes them, and nothing behind these nor zeros alone
SELECT zeros, count(item) FROM files, unnest(ARRAY[1, 511, 70000, 200000]) zeros, ddb.read_items(file || file || decode(repeat('00', zeros), 'hex'), format, compression)
	WHERE format = 'ION' AND compression = 'GZIP' GROUP BY zeros ORDER BY zeros;
SELECT count(item) FROM files, ddb.read_items(file || '\x00'::bytea || file, format, compression) WHERE format = 'ION' AND compression = 'GZIP';
SELECT count(item) FROM files, ddb.read_items(file || decode(repeat('00', 70000), 'hex') || '\x01'::bytea, format, compression) WHERE format = 'ION' AND compression = 'GZIP';
SELECT count(item) FROM ddb.read_items('\x0000'::bytea, 'ION', 'GZIP');
SELECT count(item) FROM files, ddb.read_items(file, format, 'GZIP') WHERE format = 'ION' AND compression = 'NONE';
SELECT count(item) FROM files, ddb.read_items(file, format, 'ZSTD') WHERE format = 'ION' AND compression = 'NONE';
SELECT count(item) FROM files, ddb.read_items(file, format, 'NONE') WHERE format = 'ION' AND compression = 'GZIP';
SELECT count(item) FROM files, ddb.read_items(file, format, 'NONE') WHERE format = 'DYNAMODB_JSON' AND compression = 'ZSTD';
-- no record takes more memory than there is for one, however small it was when compressed
SELECT count(*) FROM read_text('{"Item":{"a":{"S":"' || repeat('x', 17 * 1024 * 1024) || '"}}}');

-- Lines by themselves
SELECT ddb.item_from_line('{"Item":{"a":{"S":"\\"}}}');
SELECT ddb.item_from_line('$ion_1_0 {Item:{a:"\\"}}', 'ION');
SELECT ddb.item_from_line('{"a":{"S":"1"}}');
SELECT ddb.item_from_line('');
SELECT ddb.item_from_line(E'{"Item":{}}\n{"Item":{}}');
SELECT ddb.item_from_line('{Item:{}', 'ION');
SELECT ddb.item_from_line('a,b', 'CSV');
SELECT ddb.item_from_line(NULL) IS NULL AND ddb.item_to_line(NULL) IS NULL AS nothing;

-- Arguments
SELECT * FROM ddb.read_items('', 'json');
SELECT * FROM ddb.read_items('', 'ION', 'BZIP2');
SELECT * FROM ddb.read_items('', 'CSV', 'NONE', ',,');
SELECT * FROM ddb.read_items('', 'CSV', 'NONE', '/');
SELECT * FROM ddb.read_items('', 'CSV', header => ARRAY['a', NULL]);
SELECT * FROM ddb.read_items('', 'CSV', key_types => '{"a": "L"}');
SELECT * FROM ddb.read_items('', 'CSV', key_types => '["N"]');
SELECT ddb.write_items(item, 'CSV') FROM kept;
SELECT ddb.write_items(item) IS NULL AS nothing FROM kept WHERE false;
SELECT length(ddb.write_items(NULL::ddb.item)) FROM kept;

DROP TABLE kept, files;
DROP FUNCTION read_text;
