/*
 * base64.h - reading base64 as strictly as AWS does: no white space, padded.
 */
#ifndef DDB_BASE64_H
#define DDB_BASE64_H

/* Whether it is base64. */
extern bool base64_is_valid(const char *text, uint32 length);

/* Raises SerializationException with AWS's words where it is not base64. */
extern void base64_check(const char *text, uint32 length);

/* How many bytes a text that base64_check() let pass stands for. */
extern uint32 base64_decoded_length(const char *text, uint32 length);

/* Decodes such a text into that many bytes. */
extern void base64_decode(const char *text, uint32 length, char *to);

#endif							/* DDB_BASE64_H */
