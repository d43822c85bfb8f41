/*
 * folder.c - buckets that are folders of the server's own.
 *
 * Every path is walked name by name from the bucket's folder, each name opened in the folder before it
 * and never through a symbolic link.  Since no name is "..", that leads nowhere else, whatever is moved
 * meanwhile.
 *
 * An object is written in the folder UNFINISHED and renamed to its place when it is on disk.  Its
 * writer has it locked, so what is not locked there is left over from one that was killed.
 */
#include "postgres.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file_perm.h"
#include "miscadmin.h"
#include "storage/fd.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "ddb.h"
#include "transfer/store.h"

#define UNFINISHED ".ddb-unfinished"

/* Where others make or remove folders at the same time, a path is walked again. */
#define TRIES 100

/* Files that are open for as long as a memory context. */
typedef struct OpenFiles
{
	int			file;			/* or -1 */
	int			folder;			/* in which it is to be removed by this name, or -1 */
	char		name[2 * 16 + 1];
	MemoryContextCallback callback;
} OpenFiles;

typedef struct FolderReader
{
	BucketReader reader;
	OpenFiles	files;
	int64		offset;
} FolderReader;

typedef struct FolderWriter
{
	BucketWriter writer;
	OpenFiles	files;
	char	   *buffer;			/* of BUCKET_BUFFER_SIZE bytes */
	size_t		length;
} FolderWriter;

/* ---- Errors ---- */

/* Raises what errno means for work on the object of that key. */
static void fail(const char *doing, const Bucket *bucket, const char *key)
			__attribute__((noreturn));

static void
fail(const char *doing, const Bucket *bucket, const char *key)
{
	int			error = errno;
	const char *detail = error == ELOOP ? "There is a symbolic link, which is not followed." :
		error == ENOTDIR ? "One of the folders that its key names is itself an object." :
		error == EISDIR || error == ENOTEMPTY || error == EEXIST ? "There is a folder of that name." :
		error == ENAMETOOLONG ? "A name between slashes is longer than a file's may be." :
		error == EMLINK ? "There is a file that has other names as well." :
		error == ENXIO || error == ENODEV ? "There is something that is no plain file." : NULL;

	errno = error;
	if (detail == NULL)
		ereport(ERROR,
				(error == EFBIG || error == EDQUOT ? errcode(ERRCODE_DISK_FULL) : errcode_for_file_access(),
				 errmsg("could not %s \"%s\" of the bucket \"%s\": %m", doing, key, bucket->name)));
	ereport(ERROR,
			(errcode(error == ENAMETOOLONG ? ERRCODE_INVALID_PARAMETER_VALUE : ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("could not %s \"%s\" of the bucket \"%s\"", doing, key, bucket->name),
			 errdetail_internal("%s", detail)));
}

static void
close_quietly(int file)
{
	int			error = errno;

	if (file >= 0)
		(void) close(file);
	errno = error;
}

/* Some file systems have nothing to write for a folder, and say so. */
static int
sync_folder(int folder)
{
	int			result = pg_fsync(folder);

	return result < 0 && (errno == EBADF || errno == EINVAL) ? 0 : result;
}

/* ---- Walking ---- */

/* Tells a symbolic link from a file where a folder was wanted. */
static int
not_a_folder(int parent, const char *name)
{
	struct stat status;

	errno = fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode) ? ELOOP : ENOTDIR;
	return -1;
}

/* Opens a folder in another one, made if wanted; -1 and errno where that cannot be. */
static int
enter(int parent, const char *name, bool make)
{
	for (int i = 0; i < TRIES; i++)
	{
		int			folder = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (folder >= 0)
			return folder;
		if (errno == ENOTDIR)
			return not_a_folder(parent, name);
		if (errno != ENOENT || !make)
			return -1;
		if (mkdirat(parent, name, pg_dir_create_mode) < 0)
		{
			if (errno != EEXIST)
				return -1;
		}
		else if (sync_folder(parent) < 0)
			return -1;
	}
	errno = EAGAIN;
	return -1;
}

/* The bucket's own folder; -1 and errno. */
static int
enter_bucket(const Bucket *bucket, bool make)
{
	int			directory;
	int			folder;

	if (bucket_directory[0] == '\0')
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the bucket \"%s\" has no place on this server", bucket->name),
				 errhint("The administrator names the directory of buckets in ddb.bucket_directory.")));
	directory = open(bucket_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		ereport(ERROR,
				(errcode_for_file_access(),
				 errmsg("could not open the directory of buckets: %m")));
	folder = enter(directory, bucket->name, make);
	close_quietly(directory);
	if (folder < 0 && (errno == ELOOP || errno == ENOTDIR))
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("the bucket \"%s\" is not a directory", bucket->name),
				 errdetail("In the directory of buckets there is something else of that name.")));
	return folder;
}

/* The folder that the path names up to the end; -1 and errno. */
static int
walk(const Bucket *bucket, const char *path, const char *end, bool make)
{
	int			folder = enter_bucket(bucket, make);

	while (folder >= 0 && path < end)
	{
		char		name[BUCKET_KEY_MAX + 1];
		size_t		length = strcspn(path, "/");
		int			inner;

		memcpy(name, path, length);
		name[length] = '\0';
		inner = enter(folder, name, make);
		close_quietly(folder);
		folder = inner;
		path += length + 1;
	}
	return folder;
}

/* Where the last name of a key begins. */
static const char *
last_name(const char *key)
{
	const char *slash = strrchr(key, '/');

	return slash == NULL ? key : slash + 1;
}

/* Keys that would lie where unfinished objects do. */
static bool
is_reserved(const char *key)
{
	size_t		length = strlen(UNFINISHED);

	return strncmp(key, UNFINISHED, length) == 0 && (key[length] == '\0' || key[length] == '/');
}

static void
check_not_reserved(const char *key)
{
	if (is_reserved(key))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" is no key in a bucket", key),
				 errdetail("What is below \"%s\" is not finished.", UNFINISHED)));
}

/* ---- Open files ---- */

static void
close_files(void *argument)
{
	OpenFiles  *files = argument;

	if (files->folder >= 0)
	{
		if (files->name[0] != '\0')
			(void) unlinkat(files->folder, files->name, 0);
		(void) close(files->folder);
	}
	if (files->file >= 0)
		(void) close(files->file);
	files->folder = files->file = -1;
	ReleaseExternalFD();
	ReleaseExternalFD();
}

/* To be closed with the current context. */
static void
prepare_files(OpenFiles *files)
{
	files->file = files->folder = -1;
	ReserveExternalFD();
	ReserveExternalFD();
	files->callback.func = close_files;
	files->callback.arg = files;
	MemoryContextRegisterResetCallback(CurrentMemoryContext, &files->callback);
}

/* ---- Reading ---- */

/* Opens a plain file of one name for reading, and never waits for what is none; -1 and errno. */
static int
open_object(int folder, const char *name, struct stat *status)
{
	int			file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (file < 0)
		return -1;
	if (fstat(file, status) == 0)
	{
		if (S_ISREG(status->st_mode) && status->st_nlink <= 1)
			return file;
		/* a second name may be that of a file elsewhere */
		errno = S_ISDIR(status->st_mode) ? EISDIR : S_ISREG(status->st_mode) ? EMLINK : ENODEV;
	}
	close_quietly(file);
	return -1;
}

static BucketReader *
folder_read_begin(Bucket *bucket, const char *key, int64 offset)
{
	FolderReader *reader = palloc0(sizeof(FolderReader));
	const char *name = last_name(key);
	struct stat status;
	int			folder;

	check_not_reserved(key);
	prepare_files(&reader->files);
	folder = walk(bucket, key, name, false);
	if (folder >= 0)
		reader->files.file = open_object(folder, name, &status);
	close_quietly(folder);
	if (reader->files.file < 0)
	{
		/* a folder is no object, nor is what an object would be a folder of */
		if (errno == ENOENT || errno == EISDIR || errno == ENOTDIR)
			return NULL;
		fail("read", bucket, key);
	}
	reader->reader.size = status.st_size;
	reader->offset = offset;
#if defined(POSIX_FADV_SEQUENTIAL)
	(void) posix_fadvise(reader->files.file, 0, 0, POSIX_FADV_SEQUENTIAL);
#endif
	return &reader->reader;
}

static size_t
folder_read(BucketReader *reader, char *buffer, size_t size)
{
	FolderReader *this = (FolderReader *) reader;
	ssize_t		count;

	do
		count = pread(this->files.file, buffer, Min(size, BUCKET_BUFFER_SIZE), this->offset);
	while (count < 0 && errno == EINTR);
	if (count < 0)
		fail("read", reader->bucket, reader->key);
	this->offset += count;
	return count;
}

/* ---- Writing ---- */

/* Opens a new file in the folder, locked; false and errno where that cannot be. */
static bool
make_unfinished(OpenFiles *files)
{
	uint8		random[16];
	struct stat status;

	if (!pg_strong_random(random, sizeof(random)))
		elog(ERROR, "could not make a random name");
	files->name[hex_encode((char *) random, sizeof(random), files->name)] = '\0';
	files->file = openat(files->folder, files->name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
						 pg_file_create_mode);
	if (files->file < 0)
	{
		files->name[0] = '\0';
		return false;
	}
	/* who cleans up may just have had it locked, and removed */
	if (flock(files->file, LOCK_EX | LOCK_NB) < 0 || fstat(files->file, &status) < 0)
		return false;
	if (status.st_nlink == 0)
	{
		errno = EWOULDBLOCK;
		return false;
	}
	return true;
}

static void
open_unfinished(OpenFiles *files, const Bucket *bucket, const char *key)
{
	for (int i = 0; i < TRIES; i++)
	{
		if (make_unfinished(files))
			return;
		if (files->file >= 0)
		{
			int			error = errno;

			(void) unlinkat(files->folder, files->name, 0);
			errno = error;
		}
		close_quietly(files->file);
		files->file = -1;
		files->name[0] = '\0';
		if (errno != EWOULDBLOCK)
			break;
	}
	fail("write", bucket, key);
}

/* Removes what is in the folder and nobody has locked. */
static void
remove_left_over(DIR *directory)
{
	struct dirent *entry;
	int			folder = dirfd(directory);

	while ((entry = readdir(directory)) != NULL)
	{
		int			file = openat(folder, entry->d_name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
		struct stat status;

		if (file < 0)
			continue;
		if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && flock(file, LOCK_EX | LOCK_NB) == 0)
			(void) unlinkat(folder, entry->d_name, 0);
		(void) close(file);
	}
}

/* What has been killed has left it behind; what is still being written is locked. */
static void
folder_clean(Bucket *bucket, const char *prefix)
{
	int			folder = walk(bucket, UNFINISHED, &UNFINISHED[strlen(UNFINISHED)], false);
	DIR		   *directory = folder < 0 ? NULL : fdopendir(folder);

	if (directory == NULL)
	{
		close_quietly(folder);
		return;
	}
	remove_left_over(directory);
	(void) closedir(directory);
}

/* Opens the folder of the key, made if need be, and sees whether an object could be there. */
static int
open_place(const Bucket *bucket, const char *key)
{
	const char *name = last_name(key);
	struct stat status;
	int			folder = -1;

	/* one that is empty may just be removed, with an object that was in it */
	errno = ENOENT;
	for (int i = 0; i < TRIES && folder < 0 && errno == ENOENT; i++)
		folder = walk(bucket, key, name, true);
	if (folder >= 0 && fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode))
	{
		close_quietly(folder);
		errno = EISDIR;
		return -1;
	}
	return folder;
}

static BucketWriter *
folder_write_begin(Bucket *bucket, const char *key)
{
	FolderWriter *writer = palloc0(sizeof(FolderWriter));
	int			place;

	check_not_reserved(key);
	prepare_files(&writer->files);
	/* what cannot be written is known before much has been */
	place = open_place(bucket, key);
	if (place < 0)
		fail("write", bucket, key);
	close_quietly(place);
	folder_clean(bucket, "");
	writer->files.folder = walk(bucket, UNFINISHED, &UNFINISHED[strlen(UNFINISHED)], true);
	if (writer->files.folder < 0)
		fail("write", bucket, key);
	open_unfinished(&writer->files, bucket, key);
	writer->buffer = palloc(BUCKET_BUFFER_SIZE);
	return &writer->writer;
}

static void
write_out(FolderWriter *writer, const char *data, size_t length)
{
	while (length > 0)
	{
		ssize_t		count = write(writer->files.file, data, length);

		if (count < 0 && errno == EINTR)
			continue;
		/* a disk that is full may say so by writing nothing */
		if (count == 0)
			errno = ENOSPC;
		if (count <= 0)
			fail("write", writer->writer.bucket, writer->writer.key);
		data += count;
		length -= count;
	}
}

static void
folder_write(BucketWriter *writer, const char *data, size_t length)
{
	FolderWriter *this = (FolderWriter *) writer;

	if (this->length + length > BUCKET_BUFFER_SIZE)
	{
		write_out(this, this->buffer, this->length);
		this->length = 0;
	}
	memcpy(this->buffer + this->length, data, length);
	this->length += length;
}

/* Renames it to its place, and has that on disk; false and errno. */
static bool
put_into_place(OpenFiles *files, const Bucket *bucket, const char *key)
{
	/* the folder may just be removed, since it was empty */
	for (int i = 0; i < TRIES; i++)
	{
		int			place = open_place(bucket, key);
		bool		done = place >= 0 && renameat(files->folder, files->name, place, last_name(key)) == 0;
		bool		on_disk;

		if (done)
			files->name[0] = '\0';
		on_disk = done && sync_folder(place) == 0;
		close_quietly(place);
		if (done || errno != ENOENT)
			return on_disk;
	}
	return false;
}

static char *
folder_write_end(BucketWriter *writer)
{
	FolderWriter *this = (FolderWriter *) writer;

	write_out(this, this->buffer, this->length);
	if (pg_fsync(this->files.file) < 0 || !put_into_place(&this->files, writer->bucket, writer->key))
		fail("write", writer->bucket, writer->key);
	return NULL;
}

/* ---- Deleting ---- */

/* Removes the folders of a key that have become empty: in a bucket there are none of their own. */
static void
remove_empty_folders(const Bucket *bucket, const char *key)
{
	char	   *path = pstrdup(key);
	char	   *slash;

	while ((slash = strrchr(path, '/')) != NULL)
	{
		const char *name;
		int			parent;
		bool		removed;

		*slash = '\0';
		name = last_name(path);
		parent = walk(bucket, path, name, false);
		removed = parent >= 0 && unlinkat(parent, name, AT_REMOVEDIR) == 0;
		close_quietly(parent);
		if (!removed)
			break;
	}
	pfree(path);
}

static void
folder_delete(Bucket *bucket, const char *key)
{
	const char *name = last_name(key);
	struct stat status;
	int			folder;
	bool		good;

	check_not_reserved(key);
	folder = walk(bucket, key, name, false);
	good = folder >= 0 && fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
	if (good)
	{
		/* what is no object is none that could be deleted */
		errno = S_ISREG(status.st_mode) ? 0 : S_ISDIR(status.st_mode) ? EISDIR : S_ISLNK(status.st_mode) ? ELOOP : ENODEV;
		good = errno == 0 && unlinkat(folder, name, 0) == 0 && sync_folder(folder) == 0;
	}
	close_quietly(folder);
	if (good)
		remove_empty_folders(bucket, key);
	else if (errno != ENOENT && errno != ENOTDIR && errno != EISDIR)
		fail("delete", bucket, key);
}

/* ---- Listing ---- */

typedef struct Listing
{
	Bucket	   *bucket;
	const char *prefix;
	List	   *folders;		/* paths of those that are to be read, each "" or with a slash at its end */
	List	   *objects;
} Listing;

/* Whether what has that key, or the keys in a folder of that path, may begin with the prefix. */
static bool
is_wanted(const Listing *listing, const char *key)
{
	size_t		length = Min(strlen(key), strlen(listing->prefix));

	return strncmp(key, listing->prefix, length) == 0;
}

static void
list_entry(Listing *listing, int folder, const char *path, const char *name)
{
	struct stat status;
	char	   *key = psprintf("%s%s", path, name);

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || is_reserved(key) ||
		strlen(key) > BUCKET_KEY_MAX || !bucket_text_is_plain(key) || !is_wanted(listing, key) ||
		fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		pfree(key);
	else if (S_ISDIR(status.st_mode))
	{
		listing->folders = lappend(listing->folders, psprintf("%s/", key));
		pfree(key);
	}
	else if (S_ISREG(status.st_mode) && strlen(key) >= strlen(listing->prefix))
	{
		BucketObject *object = palloc0(sizeof(BucketObject));

		object->key = key;
		object->size = status.st_size;
		listing->objects = lappend(listing->objects, object);
	}
}

static void
list_folder(Listing *listing, const char *path)
{
	int			folder = walk(listing->bucket, path, path + strlen(path), false);
	DIR		   *directory = folder < 0 ? NULL : fdopendir(folder);
	struct dirent *entry;

	if (directory == NULL)
	{
		close_quietly(folder);
		/* it is gone, or something else by now */
		if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
			return;
		fail("list", listing->bucket, path);
	}
	PG_TRY();
	{
		while (errno = 0, (entry = readdir(directory)) != NULL)
		{
			CHECK_FOR_INTERRUPTS();
			list_entry(listing, folder, path, entry->d_name);
		}
		if (errno != 0)
			fail("list", listing->bucket, path);
	}
	PG_FINALLY();
	{
		(void) closedir(directory);
	}
	PG_END_TRY();
}

static List *
folder_list(Bucket *bucket, const char *prefix)
{
	Listing		listing = {.bucket = bucket, .prefix = prefix};
	const char *slash = strrchr(prefix, '/');

	listing.folders = list_make1(slash == NULL ? pstrdup("") : pnstrdup(prefix, slash + 1 - prefix));
	while (listing.folders != NIL)
	{
		char	   *path = llast(listing.folders);

		listing.folders = list_delete_last(listing.folders);
		list_folder(&listing, path);
		pfree(path);
	}
	return listing.objects;
}

/* ---- Terms ---- */

/* It is this server's, and as encrypted as its disk. */
static BucketProblem
folder_judge_terms(const BucketTerms *terms)
{
	if (terms->owner != NULL && strcmp(terms->owner, ddb_account_id) != 0)
		return BUCKET_DENIED;
	if (terms->encryption != NULL && strcmp(terms->encryption, "KMS") == 0)
		return BUCKET_KEYLESS;
	return BUCKET_FINE;
}

const BucketStore folder_store = {
	.judge_terms = folder_judge_terms,
	.list = folder_list,
	.delete = folder_delete,
	.clean = folder_clean,
	.read_begin = folder_read_begin,
	.read = folder_read,
	.write_begin = folder_write_begin,
	.write = folder_write,
	.write_end = folder_write_end,
};
