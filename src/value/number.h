/*
 * number.h - DynamoDB's numbers: exact decimals of up to 38 significant
 * digits, with magnitude 0 or 1E-130 to 9.99...E+125.
 *
 * The stored form is order-preserving and canonical: memcmp() of two of them
 * (then the shorter first) orders the numbers, equal bytes are equal numbers.
 */
#ifndef DDB_NUMBER_H
#define DDB_NUMBER_H

#include "value/value.h"

/*
 * The longest stored form (38 digits need 20 bytes where they start with the
 * second digit of a byte; an exponent; the end of a negative), and the longest
 * text with its end mark.
 */
#define NUMBER_MAX_LENGTH 22
#define NUMBER_MAX_TEXT 192

/*
 * Parses a number as DynamoDB reads one ("1", "-1.50", "1e-3", "+.5"), into
 * at most NUMBER_MAX_LENGTH bytes at stored; returns their count.  Raises
 * ValidationException with DynamoDB's words for anything else, for more than
 * 38 significant digits, and for a magnitude out of range.
 */
extern uint32 number_parse(const char *text, uint32 length, char *stored);

/*
 * Prints a stored number as DynamoDB prints it, with an end mark, into
 * NUMBER_MAX_TEXT bytes at text; returns its length without the mark.
 */
extern uint32 number_print(const char *stored, uint32 length, char *text);

/*
 * a + b and a - b, both VALUE_NUMBER, into NUMBER_MAX_LENGTH bytes at stored.
 * Exact: a result that needs more than 38 digits or is out of range raises
 * ValidationException.
 */
extern uint32 number_add(const Value *a, const Value *b, char *stored);
extern uint32 number_subtract(const Value *a, const Value *b, char *stored);

/*
 * DynamoDB's size of a number: a byte for each two digits, counted from the
 * decimal point, one for the exponent and one for a minus sign.
 */
extern uint32 number_size(const char *stored, uint32 length);

/* Whether bytes from outside are a number's stored form. */
extern bool number_is_sound(const char *stored, uint32 length);

#endif							/* DDB_NUMBER_H */
