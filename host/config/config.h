/*
 * Configuration: an ini-style file read through a table with one row per key.
 *
 *     # comment
 *     [section]
 *     key = value
 *
 * The table is the only place that knows a key: reading, --print-config and the documentation come
 * from it. A key that no row names, a value out of its range, a line that is neither is an error that
 * names file, line and key; nothing is half applied, because the caller drops the whole set.
 * Thread rule: any thread, no shared state. Limits: 64 KiB per file, 512 bytes per line.
 */
#ifndef TB_HOST_CONFIG_CONFIG_H
#define TB_HOST_CONFIG_CONFIG_H

#include "core/base/buf.h"

#include <stddef.h>

#define TB_CONFIG_LIST_MAX 8
#define TB_CONFIG_LIST_TEXT_SIZE 160

/* A key that may be given several times; each line adds one entry. */
struct tb_config_list {
    size_t count;
    char text[TB_CONFIG_LIST_MAX][TB_CONFIG_LIST_TEXT_SIZE];
};

enum tb_config_type {
    TB_CONFIG_TEXT,   /* field: char[max]; max counts the terminator */
    TB_CONFIG_INT,    /* field: int64_t in [min, max] */
    TB_CONFIG_BOOL,   /* field: bool; yes no true false on off */
    TB_CONFIG_CHOICE, /* field: int, the index in choices */
    TB_CONFIG_LIST,   /* field: struct tb_config_list */
};

struct tb_config_key {
    const char *section;
    const char *name;
    enum tb_config_type type;
    size_t offset; /* offsetof() the field */
    int64_t min, max;
    const char *const *choices; /* NULL-terminated, for TB_CONFIG_CHOICE */
    const char *preset;         /* value when the file does not give one; NULL: required */
    const char *help;           /* one sentence, with its unit */
    /* What is wrong with a value that the type lets in, static text for a person, or NULL; NULL: no check. */
    const char *(*check)(struct tb_span value);
};

/* Rows of the common kinds, for a configuration that is kept in a struct of type_. */
#define TB_CONFIG_ROW_TEXT(type_, section_, name_, field_, preset_, help_) \
    {.section = (section_),                                                \
     .name = (name_),                                                      \
     .type = TB_CONFIG_TEXT,                                               \
     .offset = offsetof(type_, field_),                                    \
     .max = sizeof((type_ *)NULL)->field_,                                 \
     .preset = (preset_),                                                  \
     .help = (help_)}

#define TB_CONFIG_ROW_INT(type_, section_, name_, field_, min_, max_, preset_, help_) \
    {.section = (section_),                                                           \
     .name = (name_),                                                                 \
     .type = TB_CONFIG_INT,                                                           \
     .offset = offsetof(type_, field_),                                               \
     .min = (min_),                                                                   \
     .max = (max_),                                                                   \
     .preset = (preset_),                                                             \
     .help = (help_)}

struct tb_config_table {
    const struct tb_config_key *keys;
    size_t key_count;
};

struct tb_config_error {
    char file[256];
    unsigned line; /* 0: the file as a whole */
    char key[64];  /* "section.name", "" when it is not about a key */
    char text[160];
};

/* Fills config with the presets; required keys are left zero. */
void tb_config_preset(const struct tb_config_table *table, void *config);

/*
 * Reads path over the presets. TB_ERR_CONFIG with *ret_error filled; TB_ERR_NOT_FOUND when there is no
 * such file. Required keys must be there. Blocks on the disk.
 */
TB_MUST_USE enum tb_err tb_config_load(const struct tb_config_table *table, const char *path, void *config,
                                       struct tb_config_error *ret_error);
/* The same from memory; file is only for messages. */
TB_MUST_USE enum tb_err tb_config_parse(const struct tb_config_table *table, const char *file,
                                        struct tb_span text, void *config, struct tb_config_error *ret_error);

/* "file:line: section.key: text", for a person. */
void tb_config_error_add(const struct tb_config_error *error, struct tb_buf *b);

/* The whole configuration in the file's own form, which tb_config_parse() reads back to the same. */
void tb_config_print(const struct tb_config_table *table, const void *config, struct tb_buf *b);
/* The table of keys in Markdown, for the documentation. */
void tb_config_markdown(const struct tb_config_table *table, struct tb_buf *b);

#endif
