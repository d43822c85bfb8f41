/*
 * s3.c - buckets in an S3-compatible store.
 *
 * An object is read piece by piece, by requests of their own, so that it may be read slowly, and
 * goes on in the middle where a connection breaks.  All pieces must be of the object that the first one was of.
 * It is written by one request where it is short, and else in parts, of which the store makes
 * an object at the end.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "transfer/s3.h"
#include "transfer/xml.h"

/* What is asked for at once. */
#define PIECE_SIZE (8 * 1024 * 1024)

/* A store takes 10,000 parts of an object, all but the last one of 5 MB at least. */
#define PART_SIZE (15 * 1024 * 1024)
#define PARTS_MAX 10000

/* What a page of a listing may have: 1,000 keys of 1,024 bytes, each of them six in XML. */
#define LIST_ANSWER_SIZE (8 * 1024 * 1024)

#define TYPE_HEADER "Content-Type: application/octet-stream"

/* A longer name of an upload is none. */
#define UPLOAD_ID_MAX 1024

/* Room for an answer about an upload. */
#define UPLOAD_ANSWER_SIZE (16 * 1024)

/* How many pages of uploads are given up at once. */
#define CLEAN_PAGES_MAX 1000

/* ---- Listing ---- */

typedef struct Listing
{
	const char *root;			/* the document: ListBucketResult */
	const char *item;			/* the element that has one: Contents */
	void		(*begin) (struct Listing *listing);
	void		(*take) (struct Listing *listing, const char *name, const char *text);	/* an element in it */
	void		(*end) (struct Listing *listing);
	Bucket	   *bucket;
	const char *prefix;
	BucketObject *object;
	char	   *upload_id;
	List	   *result;
	bool		truncated;
	char	   *token;			/* where to go on, or NULL */
} Listing;

/* Takes what one page has; false where it is no such document. */
static bool
read_page(Listing *listing, const char *text, size_t length)
{
	XmlReader	reader;
	XmlEvent	event;

	listing->truncated = false;
	listing->token = NULL;
	xml_read_begin(&reader, text, length);
	while ((event = xml_read_next(&reader)) == XML_OPENED || event == XML_CLOSED)
	{
		bool		in_item;

		if (strcmp(reader.names[0], listing->root) != 0)
			return false;
		in_item = reader.depth >= 2 && strcmp(reader.names[1], listing->item) == 0;

		if (reader.depth == 2 && in_item)
		{
			if (event == XML_OPENED)
				listing->begin(listing);
			else
				listing->end(listing);
		}
		else if (event == XML_CLOSED && reader.depth == 3 && in_item)
			listing->take(listing, xml_name(&reader), reader.text.data);
		else if (event == XML_CLOSED && reader.depth == 2 && strcmp(xml_name(&reader), "IsTruncated") == 0)
			listing->truncated = strcmp(reader.text.data, "true") == 0;
		else if (event == XML_CLOSED && reader.depth == 2 && strcmp(xml_name(&reader), "NextContinuationToken") == 0)
			listing->token = pstrdup(reader.text.data);
	}
	pfree(reader.text.data);
	return event == XML_END;
}

static void
take_page(Listing *listing, const S3Request *request)
{
	s3_check_status(request);
	if (!read_page(listing, request->answer, request->answer_length))
		s3_fail_by_answer(request, "the store's answer is no list");
}

static void
begin_object(Listing *listing)
{
	listing->object = palloc0(sizeof(BucketObject));
}

static void
take_of_object(Listing *listing, const char *name, const char *text)
{
	BucketObject *object = listing->object;

	if (strcmp(name, "Key") == 0)
		object->key = pstrdup(text);
	else if (strcmp(name, "Size") == 0)
		object->size = strtoll(text, NULL, 10);
	else if (strcmp(name, "ETag") == 0)
		object->etag = s3_read_etag(text);
}

static void
end_object(Listing *listing)
{
	BucketObject *object = listing->object;
	size_t		length = object->key == NULL ? 0 : strlen(object->key);

	/* consoles mark folders by empty objects */
	if (length > 0 && strncmp(object->key, listing->prefix, strlen(listing->prefix)) == 0 &&
		!(object->key[length - 1] == '/' && object->size == 0))
		listing->result = lappend(listing->result, object);
}

static List *
s3_list(Bucket *bucket, const char *prefix)
{
	Listing		listing = {.root = "ListBucketResult", .item = "Contents", .begin = begin_object, .take = take_of_object, .end = end_object,
	.bucket = bucket, .prefix = prefix};
	S3Request	request = {.bucket = bucket, .doing = "list", .method = "GET", .answer_size = LIST_ANSWER_SIZE};
	StringInfoData query;

	initStringInfo(&query);
	request.answer = palloc(LIST_ANSWER_SIZE);
	do
	{
		char	   *last = listing.token;

		resetStringInfo(&query);
		if (last != NULL)
		{
			appendStringInfoString(&query, "continuation-token=");
			s3_encode(&query, last, false);
			appendStringInfoChar(&query, '&');
		}
		appendStringInfoString(&query, "list-type=2&prefix=");
		s3_encode(&query, prefix, false);
		request.query = query.data;
		s3_run(&request);
		take_page(&listing, &request);
		/* it would never end */
		if (listing.truncated && (listing.token == NULL || (last != NULL && strcmp(last, listing.token) == 0)))
			s3_fail_by_answer(&request, "the store's list does not go on");
	} while (listing.truncated);
	pfree(request.answer);
	pfree(query.data);
	return listing.result;
}

static void
s3_delete(Bucket *bucket, const char *key)
{
	S3Request	request = {.bucket = bucket, .doing = "delete", .method = "DELETE", .key = key};

	s3_run(&request);
	if (request.status != 404)
		s3_check_status(&request);
}

/* ---- Reading ---- */

typedef struct S3Reader
{
	BucketReader reader;
	char	   *etag;			/* of the object, or NULL before it is known or where the store tells none */
	char	   *piece;			/* of PIECE_SIZE bytes */
	int64		first;			/* where the piece begins in the object */
	size_t		length;			/* of what there is of it */
	size_t		used;			/* of that */
} S3Reader;

/* Asks for what comes behind what there is of the piece. */
static void
ask_for_rest(S3Request *request)
{
	S3Reader   *reader = request->argument;

	request->headers = list_make1(psprintf("Range: bytes=%lld-%lld", (long long) (reader->first + reader->length),
										   (long long) (reader->first + PIECE_SIZE - 1)));
	if (reader->etag != NULL)
		request->headers = lappend(request->headers, psprintf("If-Match: \"%s\"", reader->etag));
	request->answer = reader->piece + reader->length;
	request->answer_size = PIECE_SIZE - reader->length;
}

/* Reads a header Content-Range; false where that is none of a part of an object. */
static bool
read_content_range(const char *header, int64 *first, int64 *total)
{
	long long	numbers[3];
	char		end;

	if (header == NULL || sscanf(header, "bytes %lld-%lld/%lld%c", &numbers[0], &numbers[1], &numbers[2], &end) != 3 ||
		numbers[0] < 0 || numbers[1] < numbers[0] || numbers[2] <= numbers[1])
		return false;
	*first = numbers[0];
	*total = numbers[2];
	return true;
}

/* Whether the answer is, as far as it came, of the place and the object that were asked for; adds it to the piece. */
static bool
take_answer(S3Request *request)
{
	S3Reader   *reader = request->argument;
	int64		first = 0;
	int64		total = request->answer_length;

	/* some stores give a part with the status 200; one that knows no ranges gives the whole */
	if (request->status != 206 && request->status != 200)
		return false;
	if (request->content_range != NULL ? !read_content_range(request->content_range, &first, &total) :
		request->status == 206 || request->reason[0] != '\0')
		return false;
	if (first != reader->first + (int64) reader->length || (int64) request->answer_length > total - first)
		return false;
	if (reader->reader.size >= 0 && total != reader->reader.size)
		return false;
	if (reader->etag != NULL && (request->etag == NULL || strcmp(reader->etag, request->etag) != 0))
		return false;
	reader->reader.size = total;
	if (reader->etag == NULL)
		reader->etag = request->etag;
	reader->length += request->answer_length;
	return true;
}

static bool
piece_is_whole(const S3Reader *reader)
{
	return reader->length == PIECE_SIZE ||
		(reader->reader.size >= 0 && reader->first + (int64) reader->length >= reader->reader.size);
}

/* Before another try: keeps what has come. */
static bool
keep_part(S3Request *request)
{
	(void) take_answer(request);
	ask_for_rest(request);
	return !piece_is_whole(request->argument);
}

/* Nothing lies behind that byte.  Stores do not always say how large the object is then. */
static void
read_size(S3Reader *reader, Bucket *bucket, const char *key)
{
	S3Request	request = {.bucket = bucket, .doing = "read", .method = "HEAD", .key = key};

	s3_run_well(&request);
	reader->reader.size = request.content_length == NULL ? -1 : strtoll(request.content_length, NULL, 10);
	if (reader->reader.size < 0)
		s3_fail_by_answer(&request, "the store does not say how long it is");
}

/* Fills the piece that begins at reader->first; false where there is no such object. */
static bool
read_piece(S3Reader *reader, Bucket *bucket, const char *key)
{
	S3Request	request = {.bucket = bucket, .doing = "read", .method = "GET", .key = key,
	.argument = reader, .again = keep_part};

	reader->length = reader->used = 0;
	do
	{
		ask_for_rest(&request);
		s3_run(&request);
		/* what had come before the last try was all */
		if (piece_is_whole(reader))
			break;
		if (request.status == 404)
			return false;
		if (request.status == 412)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("\"%s\" of the bucket \"%s\" has changed while it was read", key, bucket->name)));
		if (request.status == 416 && reader->reader.size < 0)
			read_size(reader, bucket, key);
		else if (!take_answer(&request) || request.answer_length == 0)
			s3_fail_by_answer(&request, "the store's answer is not what was asked for");
	} while (!piece_is_whole(reader) && reader->reader.size > reader->first);
	return true;
}

static BucketReader *
s3_read_begin(Bucket *bucket, const char *key, int64 offset)
{
	S3Reader   *reader = palloc0(sizeof(S3Reader));

	reader->piece = palloc(PIECE_SIZE);
	reader->reader.size = -1;
	reader->first = offset;
	return read_piece(reader, bucket, key) ? &reader->reader : NULL;
}

static size_t
s3_read(BucketReader *reader, char *buffer, size_t size)
{
	S3Reader   *this = (S3Reader *) reader;

	if (this->used == this->length)
	{
		MemoryContext before;
		bool		there;

		this->first += this->length;
		this->length = this->used = 0;
		if (this->first >= reader->size)
			return 0;
		before = MemoryContextSwitchTo(reader->context);
		there = read_piece(this, reader->bucket, reader->key);
		MemoryContextSwitchTo(before);
		if (!there)
			ereport(ERROR,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("\"%s\" of the bucket \"%s\" was deleted while it was read", reader->key, reader->bucket->name)));
	}
	size = Min(size, this->length - this->used);
	memcpy(buffer, this->piece + this->used, size);
	this->used += size;
	return size;
}

/* ---- Terms ---- */

bool
bucket_is_encryption_key(const char *key)
{
	return s3_is_header_text(key);
}

/* They are told in headers, which nothing else may come into with them. */
static BucketProblem
s3_judge_terms(const BucketTerms *terms)
{
	if (terms->owner != NULL && !s3_is_header_text(terms->owner))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the text is no account that a bucket could belong to")));
	if (terms->encryption_key != NULL && !bucket_is_encryption_key(terms->encryption_key))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the text is no key that a bucket could be encrypted by")));
	return BUCKET_FINE;
}

static bool
is_encrypted_by_key(const Bucket *bucket)
{
	return bucket->terms.encryption != NULL && strcmp(bucket->terms.encryption, "KMS") == 0;
}

/* The headers of a request that makes an object, which alone say how to encrypt it. */
static List *
headers_of_object(const Bucket *bucket)
{
	List	   *headers = list_make1(TYPE_HEADER);

	if (bucket->terms.encryption != NULL)
		headers = lappend(headers, psprintf("x-amz-server-side-encryption: %s",
											is_encrypted_by_key(bucket) ? "aws:kms" : bucket->terms.encryption));
	if (bucket->terms.encryption_key != NULL)
		headers = lappend(headers, psprintf("x-amz-server-side-encryption-aws-kms-key-id: %s", bucket->terms.encryption_key));
	return headers;
}

/* Whether the store has understood that; one that does not know of keys says nothing of them. */
static bool
is_encrypted_as_asked(const S3Request *request)
{
	return !is_encrypted_by_key(request->bucket) || (request->encryption != NULL && strcmp(request->encryption, "aws:kms") == 0);
}

static void __attribute__((noreturn))
fail_unencrypted(const S3Request *request)
{
	ereport(ERROR,
			(errcode(ERRCODE_EXTERNAL_ROUTINE_EXCEPTION),
			 errmsg("could not write \"%s\" of the bucket \"%s\": the store does not encrypt it by KMS",
					request->key, request->bucket->name)));
}

/* ---- Uploads ---- */

/*
 * The text of the one element of that name in a document, palloc'd; NULL where there is none.  Stores
 * do not agree on what the document itself is called.
 */
static char *
read_element(const char *text, size_t length, const char *name)
{
	XmlReader	reader;
	XmlEvent	event;
	char	   *result = NULL;

	xml_read_begin(&reader, text, length);
	while ((event = xml_read_next(&reader)) == XML_OPENED || event == XML_CLOSED)
	{
		if (event == XML_CLOSED && reader.depth == 2 && result == NULL && strcmp(xml_name(&reader), name) == 0)
			result = pstrdup(reader.text.data);
	}
	pfree(reader.text.data);
	return event == XML_END ? result : NULL;
}

/* A query about an upload, with what comes before it or "". */
static char *
upload_query(const char *before, const char *upload_id)
{
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfo(&query, "%suploadId=", before);
	s3_encode(&query, upload_id, false);
	return query.data;
}

/* Gives an upload up; whether the store has forgotten it. */
static bool
abort_upload(Bucket *bucket, const char *key, const char *upload_id)
{
	S3Request	request = {.bucket = bucket, .doing = "give up", .method = "DELETE", .key = key};

	request.query = upload_query("", upload_id);
	return s3_try(&request);
}

static void
begin_upload_item(Listing *listing)
{
	begin_object(listing);
	listing->upload_id = NULL;
}

static void
take_of_upload(Listing *listing, const char *name, const char *text)
{
	if (strcmp(name, "UploadId") == 0)
		listing->upload_id = pstrdup(text);
	take_of_object(listing, name, text);
}

static void
end_upload_item(Listing *listing)
{
	const char *key = listing->object->key;

	if (key == NULL || listing->upload_id == NULL || strlen(listing->upload_id) > UPLOAD_ID_MAX ||
		strncmp(key, listing->prefix, strlen(listing->prefix)) != 0)
		return;
	listing->object->etag = listing->upload_id;
	listing->result = lappend(listing->result, listing->object);
}

/* There is none: so stores answer that have never had an upload to the bucket. */
static bool
has_no_uploads(const S3Request *request)
{
	return request->status == 404 && strcmp(request->code, "NoSuchUpload") == 0;
}

/* The unfinished uploads below the prefix, as many as the store tells at once: their etag is the upload's name. */
static List *
list_uploads(Bucket *bucket, const char *prefix)
{
	Listing		listing = {.root = "ListMultipartUploadsResult", .item = "Upload", .begin = begin_upload_item, .take = take_of_upload, .end = end_upload_item,
	.bucket = bucket, .prefix = prefix};
	S3Request	request = {.bucket = bucket, .doing = "list the uploads to", .method = "GET", .answer_size = LIST_ANSWER_SIZE};
	StringInfoData query;

	initStringInfo(&query);
	appendStringInfoString(&query, "prefix=");
	s3_encode(&query, prefix, false);
	appendStringInfoString(&query, "&uploads=");
	request.query = query.data;
	request.answer = palloc(LIST_ANSWER_SIZE);
	s3_run(&request);
	if (!has_no_uploads(&request))
		take_page(&listing, &request);
	pfree(request.answer);
	return listing.result;
}

static void
s3_clean(Bucket *bucket, const char *prefix)
{
	for (int page = 0; page < CLEAN_PAGES_MAX; page++)
	{
		ListCell   *cell;
		int			gone = 0;

		foreach(cell, list_uploads(bucket, prefix))
		{
			BucketObject *upload = lfirst(cell);

			if (abort_upload(bucket, upload->key, upload->etag))
				gone++;
		}
		/* what could not be given up is told again */
		if (gone == 0)
			break;
	}
}

/* ---- Writing ---- */

typedef struct S3Writer
{
	BucketWriter writer;
	StringInfoData part;		/* what is not in the store yet */
	char	   *upload_id;		/* or NULL: nothing is there yet */
	List	   *etags;			/* of its parts */
} S3Writer;

static BucketWriter *
s3_write_begin(Bucket *bucket, const char *key)
{
	S3Writer   *writer = palloc0(sizeof(S3Writer));

	initStringInfo(&writer->part);
	return &writer->writer;
}

static void
begin_upload(S3Writer *writer)
{
	char		answer[UPLOAD_ANSWER_SIZE];
	S3Request	request = {.bucket = writer->writer.bucket, .doing = "write", .method = "POST", .key = writer->writer.key,
	.query = "uploads=", .body = "", .answer = answer, .answer_size = sizeof(answer)};
	char	   *upload_id;

	request.headers = headers_of_object(request.bucket);
	s3_run_well(&request);
	upload_id = read_element(answer, request.answer_length, "UploadId");
	if (upload_id == NULL || upload_id[0] == '\0' || strlen(upload_id) > UPLOAD_ID_MAX)
		s3_fail_by_answer(&request, "the store has begun no upload");
	writer->upload_id = upload_id;
	/* before anything of the object is there */
	if (!is_encrypted_as_asked(&request))
		fail_unencrypted(&request);
}

/* The entity tag of an object that has been put, if it is encrypted; else it is taken back. */
static char *
etag_of_encrypted(const S3Request *request)
{
	S3Request	back = {.bucket = request->bucket, .doing = "take back", .method = "DELETE", .key = request->key};

	if (is_encrypted_as_asked(request))
		return request->etag;
	(void) s3_try(&back);
	fail_unencrypted(request);
}

/* Sends what there is as the object or as its next part; gives the entity tag, or NULL. */
static char *
put(S3Writer *writer, const char *query)
{
	S3Request	request = {.bucket = writer->writer.bucket, .doing = "write", .method = "PUT", .key = writer->writer.key,
	.query = query, .body = writer->part.data, .body_length = writer->part.len};

	request.headers = query == NULL ? headers_of_object(request.bucket) : list_make1(TYPE_HEADER);
	s3_run_well(&request);
	resetStringInfo(&writer->part);
	return query == NULL ? etag_of_encrypted(&request) : request.etag;
}

static void
send_part(S3Writer *writer)
{
	MemoryContext before = MemoryContextSwitchTo(writer->writer.context);
	char	   *etag;

	if (writer->upload_id == NULL)
		begin_upload(writer);
	if (list_length(writer->etags) == PARTS_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("an object of a bucket in a store cannot be longer than %d parts of %d MB",
						PARTS_MAX, PART_SIZE / (1024 * 1024))));
	etag = put(writer, upload_query(psprintf("partNumber=%d&", list_length(writer->etags) + 1), writer->upload_id));
	if (etag == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_PROTOCOL_VIOLATION),
				 errmsg("could not write \"%s\" of the bucket \"%s\": the store has not confirmed a part",
						writer->writer.key, writer->writer.bucket->name)));
	writer->etags = lappend(writer->etags, etag);
	MemoryContextSwitchTo(before);
}

static void
s3_write(BucketWriter *writer, const char *data, size_t length)
{
	S3Writer   *this = (S3Writer *) writer;

	while (length > 0)
	{
		size_t		count = Min(length, (size_t) (PART_SIZE - this->part.len));

		/* what follows says that a full part is not the last one */
		if (count == 0)
		{
			send_part(this);
			continue;
		}
		appendBinaryStringInfo(&this->part, data, count);
		data += count;
		length -= count;
	}
}

static char *
list_parts(const S3Writer *writer)
{
	StringInfoData body;
	ListCell   *cell;

	initStringInfo(&body);
	appendStringInfoString(&body, "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
	foreach(cell, writer->etags)
	{
		appendStringInfo(&body, "<Part><PartNumber>%d</PartNumber><ETag>&quot;", foreach_current_index(cell) + 1);
		for (const char *at = lfirst(cell); *at != '\0'; at++)
		{
			if (strchr("<>&", *at) != NULL)
				appendStringInfo(&body, "&#%d;", *at);
			else
				appendStringInfoChar(&body, *at);
		}
		appendStringInfoString(&body, "&quot;</ETag></Part>");
	}
	appendStringInfoString(&body, "</CompleteMultipartUpload>");
	return body.data;
}

/* The entity tag of an object of parts, as S3 makes it of theirs; NULL where these are no MD5 hashes. */
static char *
etag_of_parts(const S3Writer *writer)
{
	void	   *md5 = digest_md5_begin();
	uint8		digest[MD5_LENGTH];
	bool		good = true;
	ListCell   *cell;

	foreach(cell, writer->etags)
	{
		const char *etag = lfirst(cell);

		good = good && strlen(etag) == 2 * MD5_LENGTH && strspn(etag, "0123456789abcdef") == 2 * MD5_LENGTH;
		if (good)
			digest_md5_add(md5, digest, hex_decode(etag, 2 * MD5_LENGTH, (char *) digest));
	}
	digest_md5_end(md5, digest);
	return good ? psprintf("%s-%d", bucket_hash_text(digest), list_length(writer->etags)) : NULL;
}

/*
 * The entity tag of the object where that is what has been written, else NULL.  An upload that the store
 * does not know when its end is asked for has been ended by an earlier try, which may be one of libcurl's own,
 * or somebody has given it up.
 */
static char *
find_written(const S3Writer *writer)
{
	S3Request	request = {.bucket = writer->writer.bucket, .doing = "write", .method = "HEAD", .key = writer->writer.key};
	char	   *etag = etag_of_parts(writer);
	uint8		digest[MD5_LENGTH];

	s3_run(&request);
	if (request.status != 200 || request.etag == NULL || etag == NULL)
		return NULL;
	/* some stores call an object by its own hash, however it came */
	digest_md5_so_far(writer->writer.md5, digest);
	return strcmp(request.etag, etag) == 0 || strcmp(request.etag, bucket_hash_text(digest)) == 0 ? request.etag : NULL;
}

/* Has the store make an object of the parts; gives its entity tag, or NULL. */
static char *
end_upload(S3Writer *writer)
{
	char		answer[UPLOAD_ANSWER_SIZE];
	S3Request	request = {.bucket = writer->writer.bucket, .doing = "write", .method = "POST", .key = writer->writer.key,
	.answer = answer, .answer_size = sizeof(answer), .limit = S3_SLOWLY};
	char	   *etag;

	request.query = upload_query("", writer->upload_id);
	request.body = list_parts(writer);
	request.body_length = strlen(request.body);
	request.headers = list_make1("Content-Type: application/xml");
	s3_run(&request);
	if (request.status == 404 && (etag = find_written(writer)) != NULL)
		return etag;
	s3_check_status(&request);
	return s3_read_etag(read_element(answer, request.answer_length, "ETag"));
}

static char *
s3_write_end(BucketWriter *writer)
{
	S3Writer   *this = (S3Writer *) writer;
	char	   *etag;

	if (this->upload_id == NULL)
		return put(this, NULL);
	if (this->part.len > 0)
		send_part(this);
	etag = end_upload(this);
	this->upload_id = NULL;
	return etag;
}

static void
s3_write_abort(BucketWriter *writer)
{
	S3Writer   *this = (S3Writer *) writer;
	char	   *upload_id = this->upload_id;

	this->upload_id = NULL;
	if (upload_id != NULL)
		(void) abort_upload(writer->bucket, writer->key, upload_id);
}

const BucketStore s3_store = {
	.empty_names = true,
	.judge_terms = s3_judge_terms,
	.list = s3_list,
	.delete = s3_delete,
	.clean = s3_clean,
	.read_begin = s3_read_begin,
	.read = s3_read,
	.write_begin = s3_write_begin,
	.write = s3_write,
	.write_end = s3_write_end,
	.write_abort = s3_write_abort,
};
