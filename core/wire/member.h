/*
 * Members that several documents have in common, read and checked in one place. Not for use outside
 * core/wire. What is optional yields a zero value when it is absent or null.
 */
#ifndef TB_CORE_WIRE_MEMBER_H
#define TB_CORE_WIRE_MEMBER_H

#include "core/wire/json.h"
#include "core/wire/names.h"

int64_t tb_member_time(struct tb_check *c, struct tb_json o, const char *name);
int64_t tb_member_opt_time(struct tb_check *c, struct tb_json o, const char *name);
int64_t tb_member_version(struct tb_check *c, struct tb_json o, const char *name); /* from 1; also seq */
int64_t tb_member_money(struct tb_check *c, struct tb_json o, const char *name);
int32_t tb_member_quantity(struct tb_check *c, struct tb_json o, const char *name, int32_t min);
int64_t tb_member_opt_int(struct tb_check *c, struct tb_json o, const char *name, int64_t max,
                          int64_t otherwise);
struct tb_id tb_member_opt_id(struct tb_check *c, struct tb_json o, const char *name);
void tb_member_opt_str(struct tb_check *c, struct tb_json o, const char *name, char *ret_text,
                       size_t size_max);
bool tb_member_opt_bool(struct tb_check *c, struct tb_json o, const char *name);
/* A calendar date, YYYY-MM-DD (ISO 8601); the day is 1 to 31 in every month. */
void tb_member_date(struct tb_check *c, struct tb_json o, const char *name, char ret_date[TB_DATE_SIZE + 1]);
/* Exactly size bytes. */
void tb_member_base64url(struct tb_check *c, struct tb_json o, const char *name, uint8_t *ret_bytes,
                         size_t size);

/* Letters, digits and ._:- only: what may become part of a key, a file name or a log line. */
bool tb_member_is_token(struct tb_span text);
void tb_member_token(struct tb_check *c, struct tb_json o, const char *name, char *ret_text, size_t size_max);
void tb_member_opt_token(struct tb_check *c, struct tb_json o, const char *name, char *ret_text,
                         size_t size_max);

void tb_member_gtin(struct tb_check *c, struct tb_json o, const char *name, char ret_gtin[TB_GTIN_SIZE + 1]);
void tb_member_currency(struct tb_check *c, struct tb_json o, const char *name,
                        char ret_currency[TB_CURRENCY_SIZE + 1]);
enum tb_channel tb_member_channel(struct tb_check *c, struct tb_json o, const char *name);
enum tb_channel tb_member_opt_channel(struct tb_check *c, struct tb_json o, const char *name);
enum tb_stock tb_member_opt_stock(struct tb_check *c, struct tb_json o, const char *name);

/* Writers that leave out what has no value. */
void tb_member_put_opt_str(struct tb_json_writer *w, const char *name, const char *text);
void tb_member_put_opt_id(struct tb_json_writer *w, const char *name, const struct tb_id *id);
void tb_member_put_opt_int(struct tb_json_writer *w, const char *name, int64_t value);
void tb_member_put_opt_bool(struct tb_json_writer *w, const char *name, bool value); /* true only */

/* At most size_max bytes, which is below 256, in base64url. Returns how many there are. */
uint8_t tb_member_bytes(struct tb_check *c, struct tb_json object, const char *name, uint8_t *ret_bytes,
                        size_t size_max);

#endif
