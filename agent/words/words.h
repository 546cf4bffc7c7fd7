/*
 * Words: what programs say where pages say the same, from the sections `display` and `outage` of the
 * catalogues (agent/words/<language>.json), which are compiled in.
 *
 * A language is an RFC 5646 tag, of which the first part counts; what there is no catalogue of, or is missing
 * in it, is said in English. Texts have their holes ("{name}") filled by tb_words_put(). Pure; any thread.
 */
#ifndef TB_AGENT_WORDS_WORDS_H
#define TB_AGENT_WORDS_WORDS_H

#include "core/base/buf.h"

/* What fills a hole; both without the braces. */
struct tb_words_value {
    const char *name;
    struct tb_span value;
};

struct tb_words_values {
    const struct tb_words_value *at; /* borrowed */
    size_t count;
};

/* The text under a key such as "offline.works"; NULL when no catalogue has it. Static. */
const char *tb_words_text(const char *language, const char *key);

/* The same of what has forms for numbers: that of n. */
const char *tb_words_plural(const char *language, const char *key, int64_t n);

/* Appends a text with its holes filled; a hole that nothing is given for stays as it is. */
void tb_words_put(struct tb_buf *to, const char *text, struct tb_words_values values);

#endif
