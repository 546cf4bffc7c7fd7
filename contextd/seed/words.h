/* Words that made-up customers and products are built from. Constant data. */
#ifndef TB_CONTEXTD_SEED_WORDS_H
#define TB_CONTEXTD_SEED_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tb_seed_person {
    const char *name;
    const char *since;
    const char *tier;
    const char *language;
    const char *benefits[4]; /* NULL after the last */
    const char *open;        /* or NULL */
    const char *do_not_ask;  /* or NULL */
    const char *phone;       /* or NULL; numbers of 030 23125 are nobody's (Bundesnetzagentur, for films) */
    const char *email;       /* or NULL; example.org is nobody's (RFC 2606) */
    const char *notes[2];    /* of staff; NULL after the last */
    bool profiled;           /* agreed to it, and looked at products */
    int64_t points;
    uint32_t line_count; /* open lines in a cart started online; 0: no cart */
};

struct tb_seed_clerk {
    const char *id;
    const char *name;
    const char *badge; /* as in its code behind "OP:" */
};

struct tb_seed_article {
    const char *name;
    int64_t price_from; /* minor units */
    int64_t price_step; /* added per variant */
};

extern const struct tb_seed_person tb_seed_people[];
extern const size_t tb_seed_people_count;

extern const struct tb_seed_clerk tb_seed_clerks[];
extern const size_t tb_seed_clerks_count;

extern const struct tb_seed_article tb_seed_articles[];
extern const size_t tb_seed_articles_count;
extern const char *const tb_seed_variants[];
extern const size_t tb_seed_variants_count;

extern const char *const tb_seed_titles[];
extern const size_t tb_seed_titles_count;
extern const char *const tb_seed_surnames[];
extern const size_t tb_seed_surnames_count;
extern const char *const tb_seed_surname_ends[];
extern const size_t tb_seed_surname_ends_count;
extern const char *const tb_seed_languages[];
extern const size_t tb_seed_languages_count;
extern const char *const tb_seed_perks[];
extern const size_t tb_seed_perks_count;

#endif
