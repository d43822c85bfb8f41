/*
 * departure.h - statements that the change log's processes are to know of.
 */
#ifndef DDB_CHANGE_DEPARTURE_H
#define DDB_CHANGE_DEPARTURE_H

extern void departure_install_hook(void);

#endif							/* DDB_CHANGE_DEPARTURE_H */
