/* Table: the compiled-in sections of the catalogues, made by table.cmake. Pure. */
#ifndef TB_AGENT_WORDS_TABLE_H
#define TB_AGENT_WORDS_TABLE_H

#include <stddef.h>

struct tb_words_entry {
    const char *language;
    const char *key;
    const char *form; /* a plural category of CLDR; "": the text has no forms */
    const char *text;
};

extern const struct tb_words_entry tb_words_table[];
extern const size_t tb_words_table_count;

#endif
