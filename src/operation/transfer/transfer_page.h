/*
 * transfer_page.h - how ListExports, ListImports and ListBulkOperations go over their catalogs, page by page.
 */
#ifndef DDB_TRANSFER_PAGE_H
#define DDB_TRANSFER_PAGE_H

#include "lib/stringinfo.h"

#include "request/shapes.h"
#include "transfer/transfer.h"

extern const Shape transfer_table_arn_shape;
extern const Shape transfer_limit_shape;	/* of how many are listed */

/* A request for a page. */
typedef struct TransferPage
{
	RequestString table_arn;	/* those of this table only */
	RequestInteger limit;
	RequestString token;
} TransferPage;

typedef struct TransferList
{
	const TransferCatalog *catalog;
	const char *member;			/* the list, in the response */
	int			limit;			/* where the request has none */
	int			days;			/* those that have started in so many; 0: all */
	char	   *(*arn) (const char *table_name, const char *id);
	bool		by_arn;			/* in descending order of ARNs; else the newest first */
	void		(*append) (StringInfo out, const void *record);
} TransferList;

/* Appends the page as the whole response; raises ValidationException for a NextToken that is none of the list's. */
extern void append_transfer_page(StringInfo response, const TransferList *list, const TransferPage *page);

#endif							/* DDB_TRANSFER_PAGE_H */
