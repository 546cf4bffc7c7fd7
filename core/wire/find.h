/*
 * Finding a customer who has nothing with her: the messages customer.find and customer.open. Answers of
 * customer.open are those of identify (sync.h). Pure; not thread-safe.
 */
#ifndef TB_CORE_WIRE_FIND_H
#define TB_CORE_WIRE_FIND_H

#include "core/wire/json.h"
#include "core/wire/names.h"

#define TB_FIND_VALUE_SIZE_MAX TB_EMAIL_SIZE_MAX
#define TB_FIND_COUNT_MAX 5
#define TB_FIND_NAME_SIZE_MAX 64
#define TB_FIND_HINT_SIZE_MAX 32
#define TB_FOUND_KEEP_MS 300000 /* so long may whom customer.find found be opened */

enum tb_find_by { TB_FIND_NONE, TB_FIND_PHONE, TB_FIND_EMAIL, TB_FIND_MEMBER, TB_FIND_BY_COUNT };

extern const char *const tb_find_by_names[TB_FIND_BY_COUNT];

struct tb_find_ask {
    enum tb_find_by by;
    char value[TB_FIND_VALUE_SIZE_MAX + 1]; /* as it was typed. Personal data. */
    char reason[TB_SHORT_SIZE_MAX + 1];     /* why: a word of the chain's */
    char operator[TB_SHORT_SIZE_MAX + 1];   /* "": nobody was signed on */
};

struct tb_find_match {
    struct tb_id customer;
    char name[TB_FIND_NAME_SIZE_MAX + 1]; /* "M… R…" */
    char tier[TB_SHORT_SIZE_MAX + 1];     /* "" when absent */
    char hint[TB_FIND_HINT_SIZE_MAX + 1]; /* what tells her from others: "…41 27"; "" when there is none */
};

struct tb_found { /* result of customer.find */
    uint8_t count;
    struct tb_find_match matches[TB_FIND_COUNT_MAX];
};

struct tb_open_ask {
    struct tb_id customer;                /* that customer.find of this session found */
    char operator[TB_SHORT_SIZE_MAX + 1]; /* "": nobody was signed on */
};

void tb_find_ask_decode(struct tb_check *c, struct tb_json params, struct tb_find_ask *ret);
void tb_find_ask_encode(struct tb_json_writer *w, const struct tb_find_ask *ask);
void tb_found_decode(struct tb_check *c, struct tb_json result, struct tb_found *ret);
void tb_found_encode(struct tb_json_writer *w, const struct tb_found *found);
void tb_open_ask_decode(struct tb_check *c, struct tb_json params, struct tb_open_ask *ret);
void tb_open_ask_encode(struct tb_json_writer *w, const struct tb_open_ask *ask);

#endif
