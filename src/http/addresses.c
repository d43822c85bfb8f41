/*
 * addresses.c - lists of addresses and networks, as settings have them.
 *
 * An address of IPv4 is held as that of IPv6 which it is mapped to (::ffff:10.0.0.1), for
 * a socket of both gives it so.
 */
#include "postgres.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "http/addresses.h"
#include "trim.h"

#define ADDRESS_BYTES 16
#define MAPPED_BYTES 12

typedef struct Network
{
	unsigned char address[ADDRESS_BYTES];
	int			bits;
} Network;

static const unsigned char mapped_prefix[MAPPED_BYTES] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/* ---- Reading ---- */

static bool
read_bits(const char *text, int most, int *bits)
{
	char	   *end;
	long		number;

	if (text == NULL)
	{
		*bits = most;
		return true;
	}
	if (text[0] < '0' || text[0] > '9')
		return false;
	number = strtol(text, &end, 10);
	*bits = (int) number;
	return *end == '\0' && number <= most;
}

/* One address, with or without the length of a network's prefix; the text is cut at the slash. */
static bool
read_network(char *text, Network *network)
{
	char	   *bits = strchr(text, '/');

	if (bits != NULL)
		*bits++ = '\0';
	if (inet_pton(AF_INET6, text, network->address) == 1)
		return read_bits(bits, 128, &network->bits);
	memcpy(network->address, mapped_prefix, MAPPED_BYTES);
	if (inet_pton(AF_INET, text, network->address + MAPPED_BYTES) != 1 || !read_bits(bits, 32, &network->bits))
		return false;
	network->bits += 8 * MAPPED_BYTES;
	return true;
}

/*
 * Calls the function for each network of the list, until it gives true, and gives that.
 * Where one cannot be read, *wrong is its text.
 */
static bool
any_network(const char *list, bool (*function) (const Network *network, const void *argument),
			const void *argument, const char **wrong)
{
	char	   *text = trim(pstrdup(list));

	*wrong = NULL;
	for (char *next; text != NULL && *text != '\0'; text = next)
	{
		Network		network;

		next = strchr(text, ',');
		if (next != NULL)
			*next++ = '\0';
		text = trim(text);
		if (!read_network(text, &network))
		{
			*wrong = text;
			return false;
		}
		if (function(&network, argument))
			return true;
	}
	return false;
}

static bool
ignore(const Network *network, const void *argument)
{
	return false;
}

bool
addresses_check(char **value, void **extra, GucSource source)
{
	const char *wrong;

	(void) any_network(*value, ignore, NULL, &wrong);
	if (wrong != NULL)
		GUC_check_errdetail("\"%s\" is neither an address nor a network such as 10.0.0.0/8.", wrong);
	return wrong == NULL;
}

/* ---- Asking ---- */

static bool
has_address(const Network *network, const void *argument)
{
	const unsigned char *address = argument;
	int			whole = network->bits / 8;
	int			rest = network->bits % 8;

	if (memcmp(address, network->address, whole) != 0)
		return false;
	return rest == 0 || ((address[whole] ^ network->address[whole]) >> (8 - rest)) == 0;
}

static bool
bytes_of(const struct sockaddr *address, unsigned char *bytes)
{
	switch (address->sa_family)
	{
		case AF_INET6:
			memcpy(bytes, &((const struct sockaddr_in6 *) address)->sin6_addr, ADDRESS_BYTES);
			return true;
		case AF_INET:
			memcpy(bytes, mapped_prefix, MAPPED_BYTES);
			memcpy(bytes + MAPPED_BYTES, &((const struct sockaddr_in *) address)->sin_addr, 4);
			return true;
		default:
			return false;
	}
}

bool
addresses_match(const char *list, const struct sockaddr *address)
{
	unsigned char bytes[ADDRESS_BYTES];
	const char *wrong;

	return bytes_of(address, bytes) && any_network(list, has_address, bytes, &wrong);
}
