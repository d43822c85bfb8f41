/*
 * web_address.h - addresses of other servers, as libcurl will ask for them.
 */
#ifndef DDB_WEB_ADDRESS_H
#define DDB_WEB_ADDRESS_H

/* An address taken apart; libcurl's memory. */
typedef struct WebAddress
{
	void	   *handle;
	char	   *url;			/* as it will be asked for */
	char	   *scheme;			/* http or https */
	char	   *host;
	char	   *port;
	char	   *path;
	bool		has_query;
} WebAddress;

/*
 * Takes an address apart; false where it is none of http or https, or not one that all take for the
 * same: with a user, a fragment, an encoded dot or slash in its path, a host that is not in ASCII.
 * Must be freed in either case.  Raises no error.
 */
extern bool web_address_read(const char *text, size_t length, WebAddress *address);
extern void web_address_free(WebAddress *address);

#endif							/* DDB_WEB_ADDRESS_H */
