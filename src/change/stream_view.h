/*
 * stream_view.h - the views of streams, for this folder only.
 */
#ifndef DDB_CHANGE_STREAM_VIEW_H
#define DDB_CHANGE_STREAM_VIEW_H

#include "table/catalog.h"

/*
 * The view that the right to read a table's streams is on: the one that it has,
 * or a new one, which nobody but the table's owner may read unless his default
 * privileges say so.  SPI must be connected.
 */
extern Oid	stream_view_of_table(const TableRecord *table);

#endif							/* DDB_CHANGE_STREAM_VIEW_H */
