/*
 * trim.h - texts without the spaces around them.
 */
#ifndef DDB_TRIM_H
#define DDB_TRIM_H

/* Without spaces, tabs and carriage returns around it; writes an end into the text. */
static inline char *
trim(char *text)
{
	size_t		length;

	text += strspn(text, " \t\r");
	for (length = strlen(text); length > 0 && strchr(" \t\r", text[length - 1]) != NULL; length--)
		;
	text[length] = '\0';
	return text;
}

#endif							/* DDB_TRIM_H */
