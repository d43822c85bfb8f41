/*
 * number.c - DynamoDB's numbers in an order-preserving form.
 *
 * A number is sign * sum of digit[i] * 100^(exponent - i), digit[0] > 0 and
 * the last digit > 0.  Its stored form is a byte with sign and exponent,
 * followed by one byte for each digit to the base of 100:
 *
 *	positive	193 + exponent, digit + 1 ...
 *	zero		128
 *	negative	62 - exponent, 101 - digit ..., 102
 *
 * DynamoDB's magnitudes, 1E-130 to 9.99E+125, are exponents from -65 to 62 and
 * so just fill the byte.  The end mark of a negative number is greater than
 * any of its digits, so that -1.5 comes before -1.
 *
 * Arithmetic lays both operands out in an array of digits with a fixed point
 * that spans all that two numbers can reach.
 */
#include "postgres.h"

#include "error.h"
#include "value/number.h"

#define MAX_SIGNIFICANT_DIGITS 38
#define MIN_MAGNITUDE (-130)	/* decimal exponent of the first digit */
#define MAX_MAGNITUDE 125

#define ZERO_BYTE 128
#define POSITIVE_BASE 193
#define NEGATIVE_BASE 62
#define NEGATIVE_END 102
#define MAX_MANTISSA 20			/* 38 digits, by pairs from the decimal point */

#define MAX_EXPONENT 62
#define MIN_EXPONENT (-65)

static void
not_numeric(const char *text, uint32 length)
{
	if (length == 0 && validation_layer() == LAYER_OLDER)
		validation_error("The parameter cannot be converted to a numeric value");
	validation_error("The parameter cannot be converted to a numeric value: %.*s",
					 (int) length, text);
}

static void
too_many_digits(void)
{
	validation_error("Attempting to store more than 38 significant digits in a Number");
}

static void
overflow(void)
{
	validation_error("Number overflow. Attempting to store a number with magnitude larger than supported range");
}

static void
underflow(void)
{
	validation_error("Number underflow. Attempting to store a number with magnitude smaller than supported range");
}

static void
check_magnitude(int64 magnitude)
{
	if (magnitude > MAX_MAGNITUDE)
		overflow();
	if (magnitude < MIN_MAGNITUDE)
		underflow();
}

/* ---- Text ---- */

/*
 * The exponent behind an "e", clamped far outside of what any coefficient could
 * bring back into range.  AWS takes those of 64 bits, and in its older layer
 * those that have 32 bits, and leave as many for the digits behind the point
 * less the exponent.
 */
static int64
parse_exponent(const char *at, const char *end, uint32 fraction, const char *text, uint32 length)
{
	const int64 bound = (int64) 1 << 40;
	bool		negative = false;
	uint64		exponent = 0;
	uint64		most;

	if (at < end && (*at == '+' || *at == '-'))
		negative = *at++ == '-';
	if (validation_layer() == LAYER_OLDER)
		most = (uint64) PG_INT32_MAX - (negative ? fraction : 0);
	else
		most = (uint64) PG_INT64_MAX + negative;
	if (at == end)
		not_numeric(text, length);
	for (; at < end; at++)
	{
		uint64		digit = *at - '0';

		if (*at < '0' || *at > '9' || exponent > (most - digit) / 10)
			not_numeric(text, length);
		exponent = exponent * 10 + digit;
	}
	exponent = Min(exponent, (uint64) bound);
	return negative ? -(int64) exponent : (int64) exponent;
}

/*
 * The older layer has 32 bits for the digits that a number has before the point
 * when it is written out, and takes more of them for few.
 */
static bool
wraps(int64 significant, int64 fraction, int64 exponent)
{
	return validation_layer() == LAYER_OLDER && Max(significant, 1) - fraction + exponent > PG_INT32_MAX;
}

/* Writes decimal digits, the first of them worth 10^magnitude. */
static uint32
store_digits(bool negative, const char *digits, int count, int magnitude, char *stored)
{
	int			exponent = magnitude >= 0 ? magnitude / 2 : -((1 - magnitude) / 2);
	int			next = 0;
	char	   *to = stored;

	Assert(exponent >= MIN_EXPONENT && exponent <= MAX_EXPONENT);
	*to++ = (char) (negative ? NEGATIVE_BASE - exponent : POSITIVE_BASE + exponent);

	/* The first byte holds one digit where the magnitude is even. */
	if ((magnitude & 1) == 0)
		next = -1;
	for (; next < count; next += 2)
	{
		int			high = next < 0 ? 0 : digits[next];
		int			low = next + 1 < count ? digits[next + 1] : 0;
		int			digit = high * 10 + low;

		*to++ = (char) (negative ? 101 - digit : digit + 1);
	}
	if (negative)
		*to++ = NEGATIVE_END;
	Assert(to - stored <= NUMBER_MAX_LENGTH);
	return to - stored;
}

uint32
number_parse(const char *text, uint32 length, char *stored)
{
	const char *at = text;
	const char *end = text + length;
	char		digits[MAX_SIGNIFICANT_DIGITS];
	int64		significant = 0;	/* digits from the first that is not 0 */
	int64		last_nonzero = 0;	/* of these, up to the last that is not 0 */
	int64		before_point = 0;	/* where the point is, from the first one */
	bool		negative = false;
	bool		any_digit = false;
	const char *point = NULL;
	int64		exponent = 0;
	int64		magnitude;

	if (at < end && (*at == '+' || *at == '-'))
		negative = *at++ == '-';
	for (; at < end; at++)
	{
		if (*at >= '0' && *at <= '9')
		{
			any_digit = true;
			if (significant > 0 || *at != '0')
			{
				if (significant < MAX_SIGNIFICANT_DIGITS)
					digits[significant] = *at - '0';
				significant++;
				if (*at != '0')
					last_nonzero = significant;
				if (point == NULL)
					before_point++;
			}
			else if (point != NULL)
				before_point--;
		}
		else if (*at == '.' && point == NULL)
			point = at;
		else
			break;
	}
	if (!any_digit)
		not_numeric(text, length);
	if (at < end)
	{
		uint32		fraction = point != NULL ? at - point - 1 : 0;

		if (*at != 'e' && *at != 'E')
			not_numeric(text, length);
		exponent = parse_exponent(at + 1, end, fraction, text, length);
		if (wraps(significant, fraction, exponent))
			underflow();
	}

	if (significant == 0)
	{
		check_magnitude(exponent);
		stored[0] = (char) ZERO_BYTE;
		return 1;
	}
	if (last_nonzero > MAX_SIGNIFICANT_DIGITS)
		too_many_digits();
	magnitude = before_point - 1 + exponent;
	check_magnitude(magnitude);
	return store_digits(negative, digits, (int) last_nonzero, (int) magnitude, stored);
}

/* A stored number's parts: returns the count of digits to the base of 100. */
static int
unpack(const char *stored, uint32 length, bool *negative, int *exponent, uint8 *digits)
{
	const uint8 *bytes = (const uint8 *) stored;
	int			count = 0;

	*negative = bytes[0] < ZERO_BYTE;
	*exponent = *negative ? NEGATIVE_BASE - bytes[0] : bytes[0] - POSITIVE_BASE;
	for (uint32 i = 1; i < length && count < MAX_MANTISSA; i++)
	{
		if (*negative && bytes[i] == NEGATIVE_END)
			break;
		digits[count++] = *negative ? 101 - bytes[i] : bytes[i] - 1;
	}
	return count;
}

/* DynamoDB never prints an exponent: 1e125 has 125 zeros. */
uint32
number_print(const char *stored, uint32 length, char *text)
{
	uint8		digits[MAX_MANTISSA];
	bool		negative;
	int			exponent;
	int			count = unpack(stored, length, &negative, &exponent, digits);
	char	   *to = text;
	int			position = 0;	/* of the next digit to the base of 100 */

	if (count == 0)
	{
		strcpy(text, "0");
		return 1;
	}
	if (negative)
		*to++ = '-';
	if (exponent < 0)
		*to++ = '0';
	for (; position <= exponent; position++)
	{
		int			digit = position < count ? digits[position] : 0;

		if (position > 0 || digit >= 10)
			*to++ = '0' + digit / 10;
		*to++ = '0' + digit % 10;
	}
	if (position < count)
	{
		*to++ = '.';
		for (int i = exponent + 1; i < 0; i++)
		{
			*to++ = '0';
			*to++ = '0';
		}
		for (; position < count; position++)
		{
			*to++ = '0' + digits[position] / 10;
			*to++ = '0' + digits[position] % 10;
		}
		if (to[-1] == '0')
			to--;
	}
	*to = '\0';
	Assert(to - text < NUMBER_MAX_TEXT);
	return to - text;
}

/* ---- Arithmetic ---- */

/*
 * A number laid out with a fixed point: digit 0 is worth 100^HIGHEST.  One
 * place is left for a carry before the largest number, and all places that
 * the smallest can reach behind it.
 */
#define HIGHEST (MAX_EXPONENT + 1)
#define PLACES (HIGHEST - MIN_EXPONENT + MAX_MANTISSA)

static void
accumulate(int *places, const Value *number, int sign)
{
	uint8		digits[MAX_MANTISSA];
	bool		negative;
	int			exponent;
	int			count = unpack(number->data, number->length, &negative, &exponent, digits);

	for (int i = 0; i < count; i++)
		places[HIGHEST - exponent + i] += (negative ? -sign : sign) * digits[i];
}

/*
 * Brings every place into 0..99.  A negative number borrows from beyond the
 * first place; it is then negated, and carrying once more gives its magnitude.
 * Returns whether it was negative.
 */
static bool
normalize(int *places)
{
	bool		negative = false;

	for (;;)
	{
		int			carry = 0;

		for (int i = PLACES - 1; i >= 0; i--)
		{
			int			digit = places[i] + carry;

			carry = digit >= 0 ? digit / 100 : -((99 - digit) / 100);
			places[i] = digit - carry * 100;
		}
		if (carry == 0)
			return negative;

		/* The number is places - 100 * (first place's worth). */
		Assert(carry == -1 && !negative);
		negative = true;
		places[0] -= 100;
		for (int i = 0; i < PLACES; i++)
			places[i] = -places[i];
	}
}

static uint32
store_places(int *places, char *stored)
{
	bool		negative = normalize(places);
	char		digits[2 * PLACES];
	int			first = 0;
	int			last = 2 * PLACES - 1;
	int			magnitude;

	for (int i = 0; i < PLACES; i++)
	{
		digits[2 * i] = places[i] / 10;
		digits[2 * i + 1] = places[i] % 10;
	}
	while (first < 2 * PLACES && digits[first] == 0)
		first++;
	if (first == 2 * PLACES)
	{
		stored[0] = (char) ZERO_BYTE;
		return 1;
	}
	while (digits[last] == 0)
		last--;

	magnitude = 2 * HIGHEST + 1 - first;
	check_magnitude(magnitude);
	if (last - first + 1 > MAX_SIGNIFICANT_DIGITS)
		overflow();
	return store_digits(negative, digits + first, last - first + 1, magnitude, stored);
}

uint32
number_add(const Value *a, const Value *b, char *stored)
{
	int			places[PLACES] = {0};

	accumulate(places, a, 1);
	accumulate(places, b, 1);
	return store_places(places, stored);
}

uint32
number_subtract(const Value *a, const Value *b, char *stored)
{
	int			places[PLACES] = {0};

	accumulate(places, a, 1);
	accumulate(places, b, -1);
	return store_places(places, stored);
}

/* The stored form has just as many bytes as DynamoDB counts. */
uint32
number_size(const char *stored pg_attribute_unused(), uint32 length)
{
	return length;
}

bool
number_is_sound(const char *stored, uint32 length)
{
	const uint8 *bytes = (const uint8 *) stored;
	uint8		digits[MAX_MANTISSA];
	bool		negative;
	int			exponent;
	uint32		count;

	if (length == 1)
		return bytes[0] == ZERO_BYTE;
	if (length == 0 || length > NUMBER_MAX_LENGTH)
		return false;

	negative = bytes[0] < ZERO_BYTE;
	count = length - 1;
	if (negative && bytes[count--] != NEGATIVE_END)
		return false;
	if (count == 0 || count > MAX_MANTISSA)
		return false;
	for (uint32 i = 1; i <= count; i++)
	{
		if (negative ? bytes[i] < 2 || bytes[i] > 101 : bytes[i] < 1 || bytes[i] > 100)
			return false;
	}

	unpack(stored, length, &negative, &exponent, digits);
	if (digits[0] == 0 || digits[count - 1] == 0)
		return false;
	return (int) (2 * count) - (digits[0] < 10) - (digits[count - 1] % 10 == 0) <=
		MAX_SIGNIFICANT_DIGITS;
}
